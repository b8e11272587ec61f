/* SPDX-License-Identifier: MIT */
#ifndef MFN_SERVER_UUID_H
#define MFN_SERVER_UUID_H

#include "server/entropy.h"

#define MFN__UUID_TEXT_MAX 37

/* A random UUID (RFC 9562, version 4) as text. */
mfn_status mfn__uuid_make(const mfn__entropy *entropy, char ret[MFN__UUID_TEXT_MAX],
                          mfn_error *err);

#endif
