"""Wrong arguments and data of losses, metrics and compile: what happened, what was expected, what came, what to do."""

import numpy as np
import pytest

import lamina
from lamina import layers, losses, metrics, regularizers

Y, P = np.array([[0, 1, 0], [1, 0, 0]], "float32"), np.array([[0.2, 0.7, 0.1], [0.5, 0.3, 0.2]], "float32")
X = np.ones((2, 4), "float32")


def use(outputs=1, y=None, weights=None, class_weight=None, **arguments):
    inputs = lamina.Input((4,))
    made = [layers.Dense(3, name=name)(inputs) for name in "ab"[:outputs]]
    model = lamina.Model(inputs, made if outputs > 1 else made[0])
    model.compile("sgd", **{"loss": "mse", **arguments})
    y = ([Y] * outputs if outputs > 1 else Y) if y is None else y
    if class_weight is not None:
        return model.fit(X, y, class_weight=class_weight, verbose=0)
    return model.evaluate(X, y, sample_weight=weights, verbose=0)


MISTAKES = [
    # Thresholds
    (lambda: metrics.Precision(thresholds=-0.1), "Precision: `thresholds`.*thresholds=-0.1"),
    (lambda: metrics.Recall(thresholds=[0.2, 1.5]), "thresholds=1.5"),
    (lambda: metrics.TruePositives(thresholds=[]), r"no thresholds.*thresholds=\[\]"),
    (lambda: metrics.FalseNegatives(thresholds="half"), "thresholds='half'"),
    (lambda: metrics.TrueNegatives(thresholds=[None]), "thresholds=None"),
    (lambda: metrics.FalsePositives(thresholds=float("nan")), "thresholds=nan"),
    (lambda: metrics.AUC(thresholds=[-1.0, 0.5]), "AUC: `thresholds`.*-1.0"),
    (lambda: metrics.AUC(num_thresholds=1), "num_thresholds=1"),
    (lambda: metrics.PrecisionAtRecall(0.5, num_thresholds=0), "num_thresholds=0"),
    (lambda: metrics.PrecisionAtRecall(1.5), "PrecisionAtRecall: `recall`.*recall=1.5"),
    (lambda: metrics.RecallAtPrecision(-0.5), "precision=-0.5"),
    (lambda: metrics.SensitivityAtSpecificity("high"), "specificity='high'"),
    (lambda: metrics.SpecificityAtSensitivity(2), "sensitivity=2"),
    (lambda: metrics.FBetaScore(threshold=0.0), "FBetaScore: `threshold`.*threshold=0.0"),
    (lambda: metrics.F1Score(threshold=1.5), "F1Score: `threshold`.*threshold=1.5"),
    (lambda: metrics.BinaryIoU(threshold="low"), "threshold='low'"),
    # Other arguments
    (lambda: metrics.Precision(top_k=0), "top_k=0"),
    (lambda: metrics.Recall(class_id=-1), "class_id=-1"),
    (lambda: metrics.RecallAtPrecision(0.5, class_id=1.5), "class_id=1.5"),
    (lambda: metrics.AUC(curve="ROK"), "curve.*'roc'.*'ROK'"),
    (lambda: metrics.AUC(summation_method="middle"), "summation_method='middle'"),
    (lambda: metrics.AUC(num_labels=3), "num_labels=3, multi_label=False"),
    (lambda: metrics.AUC(multi_label=True, num_labels=0), "num_labels=0"),
    (lambda: metrics.FBetaScore(beta=0.0), "beta=0.0"),
    (lambda: metrics.FBetaScore(beta="much"), "beta='much'"),
    (lambda: metrics.F1Score(average="mean"), "average='mean'"),
    (lambda: metrics.MeanIoU(0), "MeanIoU: `num_classes`.*num_classes=0"),
    (lambda: metrics.OneHotIoU(2.5, [0]), "num_classes=2.5"),
    (lambda: metrics.IoU(2, [0, 2]), r"target_class_ids=\[0, 2\]"),
    (lambda: metrics.IoU(2, []), r"target_class_ids=\[\]"),
    (lambda: metrics.IoU(2, [-1]), "integers from 0 to 1"),
    (lambda: metrics.MeanIoU(2, ignore_class="none"), "ignore_class='none'"),
    (lambda: metrics.R2Score(num_regressors=-1), "num_regressors=-1"),
    (lambda: metrics.Mean(dtype="float31"), "float31"),
    (lambda: losses.MeanSquaredError(reduction="avg"), "reduction='avg'"),
    (lambda: losses.Reduction.validate("avg"), "key='avg'"),
    (lambda: losses.BinaryCrossentropy(label_smoothing=-0.1)(Y, P), "label_smoothing=-0.1"),
    (lambda: regularizers.L1(l=0.1, l2=0.2), "L1 was given.*l=0.1, l2=0.2"),
    (lambda: regularizers.L2(factor=0.1), "factor=0.1"),
    # Names
    (lambda: metrics.get("Precison"), "metric.*did you mean 'Precision'"),
    (lambda: metrics.get("mean_iou"), "'mean_io_u'"),
    (lambda: losses.get("catgorical_crossentropy"), "loss.*'categorical_crossentropy'"),
    (lambda: losses.get("CTCLoss"), "Unknown loss"),
    (lambda: metrics.deserialize("AUCC"), "AUC"),
    (lambda: metrics.get(5), "metric.*5"),
    # Data that do not fit
    (lambda: metrics.Precision().update_state(Y[:, 0], P), r"predictions.*\(2, 3\).*\(2,\)"),
    (lambda: metrics.AUC().update_state(Y[:, :2], P), r"\(2, 2\)"),
    (lambda: metrics.Precision(class_id=3).update_state(Y, P), "more than 3 classes"),
    (lambda: metrics.Recall(class_id=0).update_state(Y[:, 0], P[:, 0]), "no such class"),
    (lambda: metrics.Recall(top_k=4).update_state(Y, P), "k=4"),
    (lambda: metrics.AUC(multi_label=True).update_state(Y[0], P[0]), r"multi_label=True.*\(3,\)"),
    (lambda: metrics.AUC(multi_label=True, num_labels=2).update_state(Y, P), r"\(batch, 2\).*\(2, 3\)"),
    (lambda: metrics.F1Score().update_state(Y[:, 0], P), r"\(2,\)"),
    (lambda: metrics.F1Score().update_state(Y[..., None], P[..., None]), r"\(2, 3, 1\)"),
    (lambda: metrics.MeanIoU(3).update_state([0, 1], [0, 1, 2]), "as many targets.*3.*2"),
    (lambda: metrics.OneHotMeanIoU(4).update_state(Y, P), r"4 scores on axis -1.*\(2, 3\)"),
    (lambda: metrics.OneHotMeanIoU(3, axis=2).update_state(Y, P), "axis=2"),
    (lambda: losses.CTC()(Y, P), r"ctc.*\(2, 3\)"),
    (lambda: losses.ctc(Y[0], P[None]), r"targets of shape \(3,\)"),
    # compile and fit
    (lambda: use(loss="mse2"), "loss.*'mse2'.*'mse'"),
    (lambda: use(loss={"b": "mse"}), r"`loss` names outputs.*\['a'\].*\['b'\]"),
    (lambda: use(loss=["mse"], loss_weights=[1.0, 2.0]), r"loss_weights=\[1.0, 2.0\]"),
    (lambda: use(loss_weights="heavy"), "loss_weights='heavy'"),
    (lambda: use(loss_weights=["heavy"]), "loss_weights='heavy'"),
    (lambda: use(metrics=["precison"]), "metric.*'precision'"),
    (lambda: use(weighted_metrics="mae"), "`weighted_metrics` is not a list"),
    (lambda: use(2, loss={"a": "mse", "c": "mse"}), r"\['c'\]"),
    (lambda: use(2, loss=["mse"] * 3), "`loss` does not fit.*2 entries.*3 entries"),
    (lambda: use(2, loss_weights=0.5), "`loss_weights` does not fit"),
    (lambda: use(2, loss_weights={"c": 0.5}), "`loss_weights` names outputs"),
    (lambda: use(2, metrics=["mae"]), "`metrics` does not fit"),
    (lambda: use(2, metrics={"c": "mae"}), "`metrics` names outputs"),
    (lambda: use(2, y=[Y]), "labels do not fit.*2 arrays.*1 arrays"),
    (lambda: use(2, y={"a": Y, "c": Y}), r"`y` names outputs.*\['c'\]"),
    (lambda: use(2, y={"a": Y}, loss={"a": "mse"}, metrics={"b": "mae"}), "'b' has a metric, but no labels"),
    (lambda: use(2, y={"a": Y}), "'b' has a loss, but no labels"),
    (lambda: use(2, weights=[X[:, 0]] * 3), "weights do not fit.*3 arrays"),
    (lambda: use(2, weights={"c": X[:, 0]}), "`sample_weight` names outputs"),
    (lambda: use(2, class_weight={0: 1.0}), "one output"),
    (lambda: use(class_weight={"0": 1.0}), "class numbers.*{'0': 1.0}"),
    (lambda: use(class_weight={0: -1.0}), r"class_weight\[0\]=-1.0"),
]


@pytest.mark.parametrize(("mistake", "names"), MISTAKES, ids=range(len(MISTAKES)))
def test_mistakes_are_explained(mistake, names):
    with pytest.raises((TypeError, ValueError), match=f"(?s){names}") as caught:
        mistake()
    text = str(caught.value)
    assert all(part in text for part in ("Expected: ", "Received: ", "Fix: ")), text
