/* SPDX-License-Identifier: MIT */
#include "cli/model_option.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"

#define MODELS_MAX 32

mfn_status mfn__model_find(const char *name, mfn_model_id *ret, mfn_error *err)
{
    const char *names[MODELS_MAX];
    size_t count = 0;
    const mfn_model *models = mfn_models(&count);
    for (size_t i = 0; i < count && i < MODELS_MAX; i++) {
        names[i] = models[i].name;
        if (strcmp(name, models[i].name) == 0) {
            *ret = (mfn_model_id)i;
            return MFN_OK;
        }
    }
    const char *nearest = mfn__text_nearest(name, names, count);
    char shown[64];
    mfn__text_printable(name, strlen(name), shown, sizeof shown);
    if (nearest != NULL) {
        return mfn__fail(err, MFN_INVALID, "model", "model: there is no '%s'; did you mean '%s'?",
                         shown, nearest);
    }
    return mfn__fail(err, MFN_INVALID, "model",
                     "model: there is no '%s'; 'mfn models' lists those there are", shown);
}
