/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* MESSAGE_ID of the journal lines that are explained in data/vrrpd.catalog (journalctl -x). Random, never
 * changed, see systemd.journal-fields(7). */

#define MESSAGE_ID_MASTER "36b2bb8c906046219c8faeb308c7d46b"
#define MESSAGE_ID_BACKUP "8d51deeb484f4807b4e1f304709bff38"
#define MESSAGE_ID_FAULT "3fdb96b546c44c5abaa0bea89ad99c1a"
#define MESSAGE_ID_CONFLICT "42b92bcc8704487b9c1e2c0192fd7660"
