"""The hash of the features, one code point after another."""

MASK = (1 << 64) - 1
BASE = 0x9E3779B97F4A7C15


def mix(x: int) -> int:
    x ^= x >> 30
    x = x * 0xBF58476D1CE4E5B9 & MASK
    x ^= x >> 27
    x = x * 0x94D049BB133111EB & MASK
    return x ^ (x >> 31)


def raw(word: str) -> int:
    return sum((ord(c) + 1) * pow(BASE, i, 1 << 64) for i, c in enumerate(word)) & MASK


def hash_of(word: str) -> int:
    return mix(raw(word))


def bucket(feature: str, word: str, buckets: int) -> int:
    seed = 0xCBF29CE484222325
    for byte in feature.encode():
        seed = (seed ^ byte) * 0x100000001B3 & MASK
    return mix((raw(word) + seed) & MASK) % buckets
