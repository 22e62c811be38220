import asyncio
import subprocess
import sys
import threading

from newsbeam.connectors.http.loop import BackgroundLoop


async def where() -> str:
    return threading.current_thread().name


def test_coroutines_run_in_the_loops_thread_and_their_results_come_back() -> None:
    loop = BackgroundLoop()
    assert loop.submit(where()).result(5) == "newsbeam-http"
    loop.stop()
    assert loop.loop.is_closed()
    loop.stop()


def test_stopping_cancels_what_still_runs() -> None:
    loop = BackgroundLoop()
    ended = threading.Event()

    async def forever() -> None:
        try:
            await asyncio.sleep(1000)
        finally:
            ended.set()

    future = loop.submit(forever())
    loop.submit(where()).result(5)
    loop.stop()
    assert ended.is_set()
    assert future.cancelled()


def test_a_process_ends_cleanly_with_the_loop_running() -> None:
    code = (
        "from newsbeam.config.tables import Fetch\n"
        "from newsbeam.connectors.http.fetcher import shared_fetcher, FetchFailed\n"
        "f = shared_fetcher(fetch=Fetch(tries=1), hosts={}, allow=[], user_agent='newsbeam/0')\n"
        "try:\n"
        "    f.submit(f.get('http://127.0.0.1:9/', kind='feed')).result(20)\n"
        "except FetchFailed as failure:\n"
        "    print(failure.reason)\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip(), done.stderr.strip()) == (0, "address_refused", "")
