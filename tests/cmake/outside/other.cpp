double other() { return 7; }
