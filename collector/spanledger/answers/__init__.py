"""What providers' answers say they used, one reader a provider."""
