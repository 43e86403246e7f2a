"""EMC agreements: from a canvas file to a signed agreement on chain that pays its nodes."""
