package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/jsii-runtime-go"
)

// encryptWithKeys encrypts the table and the log group with the customer managed keys of the settings. Both are the owner's own keys:
// what they encrypt outlives the stack, and so must they. Without a setting, AWS encrypts both with keys of its own.
func (h *home) encryptWithKeys() {
	if table, ok := h.table.Node().DefaultChild().(awsdynamodb.CfnTable); ok && h.set.TableKey != "" {
		table.SetSseSpecification(&awsdynamodb.CfnTable_SSESpecificationProperty{
			SseEnabled: jsii.Bool(true), SseType: jsii.String("KMS"), KmsMasterKeyId: jsii.String(h.set.TableKey),
		})
	}
	h.encryptLog(h.logs)
}

// encryptLog encrypts a log group with the key of the settings, where they have one.
func (h *home) encryptLog(group awslogs.LogGroup) {
	if h.set.LogKey != "" {
		group.Node().DefaultChild().(awslogs.CfnLogGroup).SetKmsKeyId(jsii.String(h.set.LogKey))
	}
}
