"""How numbers of both libraries are compared."""

import numpy as np


def close(ours, theirs, rtol=2e-5, atol=2e-6, what=""):
    theirs = np.asarray(theirs)
    np.testing.assert_allclose(
        np.asarray(ours), theirs, rtol=rtol, atol=atol * max(1.0, np.abs(theirs).max(initial=0.0)), err_msg=what
    )
