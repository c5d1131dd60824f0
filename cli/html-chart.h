/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * html-chart.h -- charts of a report, as SVG in a page
 *
 * Each says what it shows in words, too, and is hidden from nobody who cannot see it.
 *
 * Threads: no state.
 */
#ifndef BT_HTML_CHART_H
#define BT_HTML_CHART_H

#include <stdio.h>

#include "out.h"

/* Hits over time, in bars of an hour, a day or more, as the period has room for. */
void bt_chart_hits(FILE *out, const struct bt_view *view);

/* The rows with the most endpoints. */
void bt_chart_endpoints(FILE *out, const struct bt_view *view);

/* The next of 1, 2, 5, 10, 20, ... so that `most` takes at most `steps` of them. */
uint64_t bt_chart_step(uint64_t most, unsigned steps);

#endif
