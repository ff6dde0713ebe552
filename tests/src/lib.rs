//! Whole-system tests live beside this file, one per claim about the running binary.
