/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The entry that libFuzzer calls, and run-corpus.c: one input, which must not crash and must keep the
 * target's properties. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
