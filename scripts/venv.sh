#!/bin/sh
# Makes the environment $1 with a Python that ape runs on, 3.11 or 3.12: the one that PYTHON names,
# one on PATH, or one that uv brings.
set -eu

suits() {
  "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 13))' > /dev/null 2>&1
}

for python in ${PYTHON:-python3.11 python3.12 python3 python}; do
  if suits "$python"; then
    exec "$python" -m venv "$1"
  fi
done

if [ -z "${PYTHON:-}" ] && command -v uv > /dev/null; then
  echo "python3 is not 3.11 or 3.12: uv makes $1 with its own 3.12" >&2
  exec uv venv --quiet --seed --python 3.12 "$1"
fi

cat >&2 << END
Python 3.11 or 3.12 is needed, and ${PYTHON:-python3} is: $("${PYTHON:-python3}" --version 2>&1 || true)
  ape needs numpy below 2, which has no wheels for later ones.
  Install python3.11 or python3.12, or uv (pip install uv), which brings its own, and run make again.
  If it is installed elsewhere, name it: make PYTHON=/path/to/python3.12
END
exit 1
