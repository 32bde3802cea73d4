/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Every name of the D-Bus contract, in one place; the interface XML in data/ is its documentation. */

#define VRRPD_BUS_NAME "org.vrrpd.Vrrp1"
#define VRRPD_PATH "/org/vrrpd/Vrrp1"
#define VRRPD_PATH_INSTANCE "/org/vrrpd/Vrrp1/instance"
#define VRRPD_PATH_GROUP "/org/vrrpd/Vrrp1/group"
#define VRRPD_PATH_TRACKER "/org/vrrpd/Vrrp1/tracker"

#define VRRPD_INTERFACE_MANAGER "org.vrrpd.Vrrp1.Manager"
#define VRRPD_INTERFACE_INSTANCE "org.vrrpd.Vrrp1.Instance"
#define VRRPD_INTERFACE_GROUP "org.vrrpd.Vrrp1.SyncGroup"
#define VRRPD_INTERFACE_TRACKER "org.vrrpd.Vrrp1.Tracker"

#define VRRPD_API_LEVEL 1

#define VRRPD_ERROR(name) "org.vrrpd.Vrrp1.Error." name
#define VRRPD_ERROR_NO_SUCH_INSTANCE VRRPD_ERROR("NoSuchInstance")
#define VRRPD_ERROR_NOT_MASTER VRRPD_ERROR("NotMaster")
#define VRRPD_ERROR_NOT_BACKUP VRRPD_ERROR("NotBackup")
#define VRRPD_ERROR_IN_FAULT VRRPD_ERROR("InFault")
#define VRRPD_ERROR_ADDRESS_OWNER VRRPD_ERROR("AddressOwner")
#define VRRPD_ERROR_GROUP_MEMBER VRRPD_ERROR("GroupMember")
#define VRRPD_ERROR_NOT_ELIGIBLE VRRPD_ERROR("NotEligible")
#define VRRPD_ERROR_OPERATION_PENDING VRRPD_ERROR("OperationPending")
#define VRRPD_ERROR_NOT_HELD VRRPD_ERROR("NotHeld")
#define VRRPD_ERROR_CONFIG_INVALID VRRPD_ERROR("ConfigInvalid")
#define VRRPD_ERROR_STOPPING VRRPD_ERROR("Stopping")
