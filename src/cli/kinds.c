/* SPDX-License-Identifier: MIT */
#include "cli/kinds.h"

#include "connectors/file/file_connector.h"
#include "publishers/file/file_publisher.h"

static const mfn__connector_ops *const connectors[] = {&mfn__file_connector, NULL};

static const mfn__publisher_ops *const publishers[] = {&mfn__file_publisher, NULL};

const mfn__kinds mfn__all_kinds = {connectors, publishers};
