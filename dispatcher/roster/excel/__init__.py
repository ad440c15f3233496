"""Workbooks (.xlsx, .xlsm), read in a process of their own. Nothing of this package runs in the process that asks."""
