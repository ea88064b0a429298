"""The data of the transfer experiments, read from the official archives in a local folder.

Archives are checked by their digests and read in memory: nothing is written, unpickled or executed.
"""
