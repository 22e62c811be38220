"""newsbeam every night from Airflow 3; docs/scheduling.md says what each exit status means."""

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

NEWSBEAM = "/opt/newsbeam/.venv/bin/newsbeam"

with DAG(
    dag_id="newsbeam",
    schedule="15 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,  # a run takes in what the feeds hold now: there is nothing to make up for
    max_active_runs=1,
) as dag:
    BashOperator(
        task_id="run",
        bash_command=(
            f"{NEWSBEAM} run --config /etc/newsbeam/newsbeam.toml --feeds /etc/newsbeam/feeds.opml"
            " --store postgresql://newsbeam@db.example/news --run-json /var/lib/newsbeam/run.json --quiet"
        ),
        retries=3,
        retry_delay=timedelta(minutes=10),
        execution_timeout=timedelta(hours=20),
    )
