"""Pure decisions about money: values in, verdict out."""
