"""The Ed25519 key that signs seals: a PEM file that only the worker needs; verification takes the public half."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from polyclinic.kit.config import ConfigError


def create_key(path: Path) -> Ed25519PrivateKey:
    """Write a new private key (mode 0600) and its public half beside it (`<name>.pub`)."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(pem)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    path.with_name(path.name + ".pub").write_bytes(public)
    return key


def read_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key of a PEM file; raises `ConfigError` when it is none."""
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path.name} holds no private key. Make one with `polyclinic audit create-key`.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(f"{path.name} holds no Ed25519 key. Make one with `polyclinic audit create-key`.")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """Return the public key of a PEM file; raises `ConfigError` when it is none."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path.name} holds no public key.") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(f"{path.name} holds no Ed25519 key.")
    return key
