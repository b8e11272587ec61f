/* SPDX-License-Identifier: MIT */
/* POST /nernst: the potential of one ion. */
#include <stddef.h>
#include <stdio.h>

#include "base/option_table.h"
#include "server/operations/operations.h"

#include "mfn/membrane.h"

#define REQUEST  nernst_request
#define MV_PER_V 1000.0

typedef struct nernst_request {
    uint64_t z_valence; /* modulo 2^64 */
    double concentration_out_molar, concentration_in_molar;
    double temperature_k;
} nernst_request;

#define CONCENTRATION(field, text)                                                                 \
    {                                                                                              \
        .name = #field, .type = MFN_OPTION_REAL, .offset = offsetof(nernst_request, field),        \
        .max = 1e308, .min_open = true, .unit = "mol/L", .help = (text)                            \
    }

static const mfn_option fields[] = {
    MFN__WHOLE(REQUEST, z_valence, -3, 3, "1", "",
               "charge of the ion: K+ 1, Ca2+ 2, Cl- -1; not 0"),
    CONCENTRATION(concentration_out_molar, "outside the cell"),
    CONCENTRATION(concentration_in_molar, "inside the cell"),
    MFN__REAL(REQUEST, temperature_k, 273, 373, "310.0", "K", "temperature"),
    {0},
};

static mfn_status refuse_zero(json_t *body, void *request, mfn__faults *ret_faults)
{
    (void)body;
    if (((const nernst_request *)request)->z_valence != 0) {
        return MFN_OK;
    }
    mfn__fault *fault = mfn__faults_add(ret_faults, "value_error", "z_valence");
    snprintf(fault->message, sizeof fault->message, "An ion has a charge: expected -3 to 3, not 0");
    snprintf(fault->input, sizeof fault->input, "0");
    return MFN_INVALID;
}

static mfn_status run(mfn__call *call, mfn_error *err)
{
    const nernst_request *wanted = call->request;
    double potential_v = 0.0;
    const mfn_ion ion = {.valence = (int)(int64_t)wanted->z_valence,
                         .outside_molar = wanted->concentration_out_molar,
                         .inside_molar = wanted->concentration_in_molar};
    mfn_status status = mfn_nernst_v(&ion, wanted->temperature_k, &potential_v, NULL, err);
    if (status != MFN_OK) {
        return status;
    }
    mfn__json_writer json;
    mfn__answer_begin(call, &json);
    mfn__answer_real(&json, "potential_mV", potential_v * MV_PER_V);
    mfn__answer_end(&json);
    return MFN_OK;
}

const mfn__operation mfn__operation_nernst = {
    .name = "nernst",
    .method = "POST",
    .path = "/nernst",
    .tag = MFN__TAG_COMPUTE,
    .summary = "The potential at which an ion is at rest across a membrane",
    .fields = fields,
    .request_size = sizeof(nernst_request),
    .example = "{\"concentration_out_molar\": 0.005, \"concentration_in_molar\": 0.14}",
    .answer_schema =
        "{\"type\": \"object\", \"properties\": {\"potential_mV\": {\"type\": \"number\"}}}",
    .read = refuse_zero,
    .run = run,
};
