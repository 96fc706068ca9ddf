package aws

// Reason codes of Lambda that are about access: StateReasonCode and LastUpdateStatusReasonCode of a function's configuration
// whose reason lies in the role, in a key, an image, a runtime or a file system that Lambda may not use or cannot use, or in the
// encryption control of a VPC. The other codes are about the code, the network or Lambda itself.
// https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html lists all, read on 2026-11-28.
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

	InvalidImage                     = "InvalidImage"
	InvalidRuntime                   = "InvalidRuntime"
	DependencyError                  = "DependencyError"
	InvalidConfiguration             = "InvalidConfiguration"
	DisallowedByVPCEncryptionControl = "DisallowedByVpcEncryptionControl"
)
