"""Pure decisions of scheduling: values in, verdict out."""
