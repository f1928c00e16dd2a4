"""Development chains by subprocess, and networks that exist already."""
