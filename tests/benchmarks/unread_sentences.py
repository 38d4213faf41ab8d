"""racelens as it would be if it read no sentences: what reading them costs is the difference.

python tests/benchmarks/unread_sentences.py scan shop.jsonl -f json
"""

from racelens.cli.app import main
from racelens.ingest import messages

if __name__ == "__main__":
    messages.fill = lambda said: said
    main()
