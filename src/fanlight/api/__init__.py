"""What the front door opens: training, evaluation, reports, updates, learning curves and histories."""
