package aws

import (
	"maps"
	"slices"
)

// Reason codes of Lambda: StateReasonCode and LastUpdateStatusReasonCode of a function's configuration.
const (
	InsufficientRolePermissions = "InsufficientRolePermissions"
	KMSKeyAccessDenied          = "KMSKeyAccessDenied"
	KMSKeyNotFound              = "KMSKeyNotFound"
	InvalidStateKMSKey          = "InvalidStateKMSKey"
	DisabledKMSKey              = "DisabledKMSKey"
	ImageAccessDenied           = "ImageAccessDenied"
	ImageDeleted                = "ImageDeleted"
	EFSMountFailure             = "EFSMountFailure"
	EFSMountConnectivityError   = "EFSMountConnectivityError"
	EFSMountTimeout             = "EFSMountTimeout"
	EFSIOError                  = "EFSIOError"
)

// reasonCodes are all of them, and whether the reason lies in access: in the role, or in a key, an image or a file system that
// Lambda may not use. Other reasons are the code's, the network's or Lambda's own.
var reasonCodes = table[map[string]bool]{
	sources: []Source{
		{"https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html", "2026-11-23"},
		{"https://github.com/aws/aws-sdk-go-v2/blob/service/lambda/v1.114.2/service/lambda/types/enums.go", "2026-11-28"},
	},
	rows: map[string]bool{
		InsufficientRolePermissions: true, KMSKeyAccessDenied: true, KMSKeyNotFound: true, InvalidStateKMSKey: true, DisabledKMSKey: true,
		ImageAccessDenied: true, ImageDeleted: true, EFSMountFailure: true, EFSMountConnectivityError: true, EFSMountTimeout: true, EFSIOError: true,

		"CapacityProviderScalingLimitExceeded": false, "Creating": false, "DependencyError": false, "DisallowedByVpcEncryptionControl": false,
		"DrainingDurableExecutions": false, "EC2RequestLimitExceeded": false, "EniLimitExceeded": false, "FunctionError": false,
		"FunctionError.ExtensionInitError": false, "FunctionError.InitResourceExhausted": false, "FunctionError.InitTimeout": false,
		"FunctionError.InvalidEntryPoint": false, "FunctionError.InvalidWorkingDirectory": false, "FunctionError.PermissionDenied": false,
		"FunctionError.RuntimeInitError": false, "FunctionError.TooManyExtensions": false, "Idle": false, "InsufficientCapacity": false,
		"InternalError": false, "InvalidConfiguration": false, "InvalidImage": false, "InvalidRuntime": false, "InvalidSecurityGroup": false,
		"InvalidSubnet": false, "InvalidZipFileException": false, "Restoring": false, "ServiceQuotaExceededException": false,
		"SubnetOutOfIPAddresses": false, "VcpuLimitExceeded": false,
	},
}

// ReasonCodesOfAccess are the reason codes of a function that lacks access to something, in order.
func ReasonCodesOfAccess() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(reasonCodes.rows)), func(code string) bool { return !reasonCodes.rows[code] })
}
