/* SPDX-License-Identifier: MIT */
#include "api/kinds.h"

#include "connectors/file/file_connector.h"
#include "connectors/kafka/kafka_connector.h"
#include "connectors/rest/rest_connector.h"
#include "publishers/file/file_publisher.h"
#include "publishers/kafka/kafka_publisher.h"
#include "publishers/webhook/webhook_publisher.h"

static const mfn__connector_ops *const connectors[] = {&mfn__file_connector, &mfn__kafka_connector,
                                                       &mfn__rest_connector, NULL};

static const mfn__publisher_ops *const publishers[] = {&mfn__file_publisher, &mfn__kafka_publisher,
                                                       &mfn__webhook_publisher, NULL};

const mfn__kinds mfn__all_kinds = {connectors, publishers};
