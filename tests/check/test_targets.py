"""Which column could be the target: by the headers of well-known tables, and for none but these."""

from typing import Any

import pytest

from numlp.check.targets import likely_targets

# For each table its columns; two or three letters say what is in one: n a number of many values,
# 2 two words, 3 some words, b 0 or 1, i some whole numbers, t text.
TABLES = {
    "Attrition": "Age:n Attrition:2 BusinessTravel:3 Department:3 Education:i Gender:2 JobRole:3 "
    "OverTime:2 PerformanceRating:b WorkLifeBalance:i YearsAtCompany:n YearsWithCurrManager:j",
    "Survived": "PassengerId:n Survived:b Pclass:i Name:t Sex:2 Age:n SibSp:i Ticket:t Embarked:3",
    "Churn": "customerID:t gender:2 SeniorCitizen:b Partner:2 Contract:3 PaymentMethod:3 Churn:2",
    "y": "age:n job:3 marital:3 education:3 default:2 housing:2 loan:2 poutcome:3 y:2",
    "Outcome": "Pregnancies:j Glucose:n BloodPressure:n BMI:n Age:n Outcome:b",
    "species": "sepal_length:n petal_width:n species:3",
    "diagnosis": "id:n diagnosis:2 radius_mean:n texture_mean:n area_worst:n",
    "class": "class:2 cap-shape:3 cap-color:3 bruises:2 odor:3 gill-size:2 habitat:3",
    "Loan_Status": "Loan_ID:t Gender:2 Married:2 Dependents:3 Self_Employed:2 Property_Area:3 "
    "Loan_Status:2",
    "is_canceled": "hotel:2 is_canceled:b lead_time:n meal:3 market_segment:3 customer_type:3 "
    "reservation_status_date:n",
    "satisfaction": "Gender:2 Customer_Type:2 Age:n Class:3 Seat_comfort:i Delay:n satisfaction:2",
    "Exited": "RowNumber:n Surname:t Geography:3 Gender:2 Tenure:j HasCrCard:b Exited:b",
    "stroke": "id:n gender:2 hypertension:b heart_disease:b work_type:3 bmi:n stroke:b",
    "sentiment": "tweet_id:n sentiment:3 retweet_count:n text:t",
    "RainTomorrow": "Date:n Location:3 WindGustDir:3 RainToday:2 RainTomorrow:2",
    "liked": "review:t liked:b",
    "Cover_Type": "Elevation:n Slope:n Soil_Type1:b Soil_Type2:b Cover_Type:i",
}
UNSURE = {
    "prices": "area:n rooms:i district:3 price:n",
    "quantities": "age:n years:j months:i count:i",
    "measurements": "a:n b:n c:n",
    "quantities of events": "a:n days_left:i number_failed:b",
}
HOLDS: dict[str, tuple[int, list[str]]] = {
    "n": (700, ["1.5", "3"]), "2": (2, ["No", "Yes"]), "3": (4, ["red", "blue"]),
    "b": (2, ["0", "1"]), "i": (5, ["1", "2"]), "j": (18, ["3", "8"]), "t": (990, ["a b"]),
}  # fmt: skip


def columns(header: str) -> list[dict[str, Any]]:
    found = []
    for name, letter in (part.rsplit(":", 1) for part in header.split()):
        n, examples = HOLDS[letter]
        found.append({"name": name, "distinct": n, "missing": 0.0, "examples": examples})
    return found


@pytest.mark.parametrize("target", TABLES)
def test_the_target_of_a_known_table_is_guessed(target: str) -> None:
    assert likely_targets(1000, columns(TABLES[target]))[0] == target


@pytest.mark.parametrize("name", UNSURE)
def test_where_nothing_speaks_for_a_column_none_is_guessed(name: str) -> None:
    assert likely_targets(1000, columns(UNSURE[name])) == []


def test_what_cannot_be_a_target_is_not_guessed() -> None:
    label = {"name": "label", "distinct": 2, "missing": 0.0, "examples": ["0", "1"]}
    assert likely_targets(1000, [label]) == ["label"]
    for no in ({"distinct": 1}, {"distinct": 21}, {"missing": 0.6}):
        assert likely_targets(1000, [label | no]) == []
    assert likely_targets(9, [label]) == []
