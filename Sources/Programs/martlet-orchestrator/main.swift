// replaced by the first real main
