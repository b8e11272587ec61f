/* SPDX-License-Identifier: MIT */
#include "kinds.h"
void kind_kafka(const record *rec, comparison *cmp)
{
    (void)rec;
    compare_not_covered(cmp);
}
