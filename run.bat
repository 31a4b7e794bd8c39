@echo off
rem Kigurumi's one command on Windows: run [sub-command ...], or run test [what pytest takes].
setlocal EnableExtensions
pushd "%~dp0"
set "VENV=.venv"
set "PYTHON=%VENV%\Scripts\python.exe"
set "EXTRA=app"
set "TARGET=."
if /i "%~1"=="test" (set "EXTRA=dev" & set "TARGET=.[dev]")
set "STAMP=%VENV%\kigurumi-%EXTRA%.stamp"

if not exist "%PYTHON%" goto make
goto check

:make
py -3.12 -m venv "%VENV%" 2>nul && goto install
py -3.11 -m venv "%VENV%" 2>nul && goto install
rem Another version would make an environment that nothing can be installed into.
python -c "import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))" 2>nul && python -m venv "%VENV%"
if errorlevel 1 (
    echo kigurumi: no Python 3.11 or 3.12 found; install one from python.org 1>&2
    exit /b 1
)
goto install

:check
rem The stamp is a copy of pyproject.toml as it was when the environment was made.
if not exist "%STAMP%" goto install
fc /b pyproject.toml "%STAMP%" >nul && goto start

:install
echo kigurumi: installing what pyproject.toml asks for, some minutes the first time 1>&2
"%PYTHON%" -m pip install --disable-pip-version-check --quiet --editable "%TARGET%"
if errorlevel 1 (
    echo kigurumi: installation failed; look at the lines above, then type run again 1>&2
    exit /b 1
)
copy /y pyproject.toml "%STAMP%" >nul

:start
if /i "%~1"=="test" goto test
rem File names on the command line are meant from where it was typed.
popd
"%~dp0%PYTHON%" "%~dp0main.py" %*
exit /b %errorlevel%

:test
if not "%~2"=="" goto some
"%PYTHON%" -m ruff format --check . || exit /b 1
"%PYTHON%" -m ruff check . || exit /b 1
"%PYTHON%" -m mypy || exit /b 1
"%VENV%\Scripts\lint-imports.exe" || exit /b 1
"%PYTHON%" -m pytest
exit /b %errorlevel%

:some
"%PYTHON%" -m pytest %2 %3 %4 %5 %6 %7 %8 %9
exit /b %errorlevel%
