/* SPDX-License-Identifier: MIT */
#ifndef MFN_SERVER_HTTP_LISTEN_H
#define MFN_SERVER_HTTP_LISTEN_H

#include <stdint.h>

#include "mfn/status.h"

/* A socket that listens at the address and port (0: any free one), and the port that it got. A
 * host "::" takes connections of both IP versions. The caller closes it. */
mfn_status mfn__listen(const char *host, uint16_t port, int *ret_socket, uint16_t *ret_port,
                       mfn_error *err);

#endif
