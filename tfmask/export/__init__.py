"""Exports: signatures, checks, publishing, the configuration of servers."""
