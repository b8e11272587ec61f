/* SPDX-License-Identifier: MIT */
/* MyceliumFractalNet: everything in libmfn. Include the parts you need, or this. */
#ifndef MFN_MFN_H
#define MFN_MFN_H

#include "mfn/animation.h"
#include "mfn/attention.h"
#include "mfn/dimension.h"
#include "mfn/extended.h"
#include "mfn/features.h"
#include "mfn/fractal.h"
#include "mfn/growth.h"
#include "mfn/image.h"
#include "mfn/krum.h"
#include "mfn/membrane.h"
#include "mfn/morphology.h"
#include "mfn/mycelium.h"
#include "mfn/network.h"
#include "mfn/npy.h"
#include "mfn/option.h"
#include "mfn/parallel.h"
#include "mfn/pattern.h"
#include "mfn/plasticity.h"
#include "mfn/random.h"
#include "mfn/simulation.h"
#include "mfn/status.h"
#include "mfn/validation.h"
#include "mfn/version.h"

#endif
