"""What every runner against real peers needs: ports, processes, servers and a small HTTP client."""
