/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * json.h -- a little over jansson: what the JSON writers share
 *
 * Objects are built without checking each step: jansson's functions pass NULL on, and bt_json_write
 * fails on it.
 *
 * Threads: one thread.
 */
#ifndef BT_JSON_H
#define BT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "policy.h"

/* A string; text that is not UTF-8, which JSON cannot hold, is escaped (escape.h). */
json_t *bt_json_text(const char *text);

/* A whole number; what is beyond JSON's integers becomes the largest. */
json_t *bt_json_number(uint64_t value);

/* Adds a metadata pair to an object of arrays, for a key can have several values. */
bool bt_json_add_pair(json_t *object, struct bt_pair pair);

/* Writes the value on one line, without a newline, and frees it. False if memory ran out. */
bool bt_json_write(FILE *out, json_t *value);

#endif
