/* SPDX-License-Identifier: MIT */
/* Environment variables inside texts. */
#ifndef MFN_CODEC_VARIABLES_H
#define MFN_CODEC_VARIABLES_H

#include "base/buffer.h"

/* Appends `text` with ${NAME} replaced by the variable's value, ${NAME:-default} by its value or,
 * when that is unset or empty, by the default, and $$ by one dollar. Any other dollar stands for
 * itself. A variable that is unset and has no default is MFN_NOT_FOUND; errors name the variable
 * and never show a value. */
mfn_status mfn__variables_replace(const char *text, mfn__buffer *buffer, mfn_error *err);

#endif
