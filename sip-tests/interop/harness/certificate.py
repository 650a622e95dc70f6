"""Certificates, as openssl makes them."""

import subprocess


def issue(directory, name="localhost"):
    """A certificate that signs itself, and its key: the files of both."""
    files = {"certificate": directory / f"{name}.pem", "key": directory / f"{name}.key"}
    argv = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    argv += ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"]
    argv += ["-addext", "basicConstraints=critical,CA:FALSE"]
    subprocess.run([*argv, "-out", files["certificate"], "-keyout", files["key"]], check=True, capture_output=True)
    return files
