"""Whether what starts in an image is made for its platform: ``examine`` in examination.py.

Each layer is scanned once and for all (scan.py, scans.py); the scans are put on one another (files.py), the command
is followed through wrappers, scripts and interpreters (started.py, wrappers.py), and the libraries of each program are
looked for as the dynamic loader does (libraries.py).
"""
