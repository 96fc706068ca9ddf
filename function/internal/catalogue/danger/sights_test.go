package danger

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// unharmed are actions on the services that rolewatch consists of which change something and blind nobody, by the reason.
var unharmed = map[string][]string{
	"it makes something new, or gives more": {
		"dynamodb:CreateBackup", "dynamodb:CreateTable", "dynamodb:CreateGlobalTable", "dynamodb:CreateGlobalTableWitness", "dynamodb:CreateTableReplica", "dynamodb:ImportTable",
		"dynamodb:RestoreTableFromAwsBackup", "dynamodb:RestoreTableFromBackup", "dynamodb:RestoreTableToPointInTime", "dynamodb:StartAwsBackupJob", "dynamodb:ExportTableToPointInTime",
		"sqs:AddPermission", "sqs:CreateQueue", "sns:AddPermission", "sns:CreateTopic", "sns:Subscribe", "sns:ConfirmSubscription",
		"events:Create*", "events:EnableRule", "events:ActivateEventSource", "events:AllowVendedLogDeliveryForResource", "events:PutEvents", "events:PutRawEvents", "events:PutPartnerEvents",
		"lambda:AddPermission", "lambda:Create*", "lambda:Publish*", "lambda:DeleteFunctionConcurrency", "lambda:EnableReplication", "lambda:DisableReplication",
		"kms:Create*", "kms:EnableKey*", "kms:CancelKeyDeletion", "kms:ReplicateKey", "kms:ConnectCustomKeyStore",
		"logs:Create*", "chatbot:Create*", "chatbot:Redeem*",
	},
	"it uses a key, and changes none": {
		"kms:Decrypt", "kms:Encrypt", "kms:DeriveSharedSecret", "kms:Generate*", "kms:ReEncrypt*", "kms:Sign", "kms:Verify*",
	},
	"RW312 reports it on any resource, and the key has no name that is known": {"kms:PutKeyPolicy", "kms:RevokeGrant", "kms:RetireGrant"},
	"the keys of the stack are none of this kind, or work as before": {
		"kms:DeleteAlias", "kms:UpdateAlias", "kms:DeleteCustomKeyStore", "kms:DisconnectCustomKeyStore", "kms:UpdateCustomKeyStore", "kms:DeleteImportedKeyMaterial", "kms:ImportKeyMaterial",
		"kms:DisableKeyRotation", "kms:RotateKeyOnDemand", "kms:SynchronizeMultiRegionKey", "kms:UpdateKeyDescription", "kms:UpdatePrimaryRegion",
	},
	"RW312 reports it on any resource, and it names no bus": {"events:PutPermission", "events:RemovePermission"},
	"no part of rolewatch is of this kind": {
		"dynamodb:DeleteGlobalTableWitness", "dynamodb:AssociateTableReplica", "dynamodb:DeleteTableReplica", "dynamodb:UpdateGlobalTable*", "dynamodb:UpdateTableReplicaAutoScaling",
		"dynamodb:InjectError", "dynamodb:ReplicateSettings", "dynamodb:WriteDataForReplication", "dynamodb:*KinesisStreamingDestination", "dynamodb:DeleteResourcePolicy",
		"sns:*Platform*", "sns:*SMS*", "sns:OptInPhoneNumber", "sns:DeleteEndpoint", "sns:SetEndpointAttributes",
		"events:*ApiDestination", "events:*Archive", "events:*Connection", "events:*Endpoint", "events:*Replay", "events:*EventSource", "events:*PartnerEventSource", "events:*Subscriber",
		"events:RetrieveConnectionCredentials", "events:*ResourcePolicy", "events:RevokeResource",
		"lambda:*Alias", "lambda:*CapacityProvider", "lambda:*CodeSigningConfig", "lambda:*Microvm*", "lambda:*NetworkConnector", "lambda:*FunctionUrlConfig", "lambda:*DurableExecution*",
		"lambda:*LayerVersion*", "lambda:*ProvisionedConcurrencyConfig", "lambda:PutFunctionScalingConfig",
		"logs:*Account*", "logs:*AnomalyDetector", "logs:*Anomaly", "logs:*Delivery*", "logs:*Destination*", "logs:*Integration*", "logs:*Integrat*", "logs:*Lookup*", "logs:*Pipeline*",
		"logs:*QueryDefinition", "logs:*ScheduledQuery", "logs:*Syslog*", "logs:*Transformer", "logs:*IndexPolicy", "logs:*ResourcePolicy", "logs:*SubscriptionFilter", "logs:*MetricFilter",
		"logs:*ExportTask", "logs:*ImportTask", "logs:CallWithBearerToken", "logs:PutBearerTokenAuthentication", "logs:Link", "logs:PutStorageTierPolicy",
		"chatbot:*Chime*", "chatbot:*MicrosoftTeams*",
	},
	"it takes nothing away from what is seen": {
		"dynamodb:DeleteBackup", "dynamodb:UpdateAbacStatus", "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateContributorInsights", "dynamodb:PurchaseReservedCapacityOfferings",
		"sqs:CancelMessageMoveTask", "sns:Publish",
		"lambda:*FunctionEventInvokeConfig", "lambda:PutRuntimeManagementConfig",
		"logs:AssociateKmsKey", "logs:DisassociateKmsKey", "logs:*RetentionPolicy", "logs:*DataProtectionPolicy", "logs:PutLogEvents", "logs:PutLogGroupDeletionProtection", "logs:ProcessWithPipeline",
		"chatbot:DeleteSlackUserIdentity", "chatbot:UpdateAccountPreferences",
	},
	"it takes a receipt, which sqs:ReceiveMessage gives":                         {"sqs:ChangeMessageVisibility"},
	"tags of these kinds say nothing to rolewatch, and the function tags itself": {"*:Tag*", "*:Untag*"},
}

// TestEachActionOnThePartsOfRolewatchIsJudged holds that what AWS adds to the services that rolewatch consists of is looked at.
func TestEachActionOnThePartsOfRolewatchIsJudged(t *testing.T) {
	counted := map[string]bool{}
	for _, s := range sights {
		for _, name := range s.actions {
			counted[name] = true
			if a, ok := actions.Lookup(name); !ok || a.String() != name {
				t.Errorf("AWS has no action %s", name)
			}
		}
	}
	reasons := map[string]string{}
	for why, patterns := range unharmed {
		for _, p := range patterns {
			reasons[p] = why
		}
	}
	used, looked := map[string]bool{}, 0
	for _, service := range []string{"dynamodb", "sqs", "sns", "events", "lambda", "kms", "logs", "chatbot"} {
		list, _ := actions.Service(service)
		for _, a := range list {
			if a.Level == actions.Read || a.Level == actions.List {
				continue
			}
			looked++
			found := counted[a.String()]
			for _, p := range slices.Sorted(maps.Keys(reasons)) {
				if fits(p, a) {
					used[p] = true
					if counted[a.String()] && !strings.Contains(p, "*") {
						t.Errorf("%s is counted, although %s", a, reasons[p])
					}
					found = true
				}
			}
			if !found {
				t.Errorf("whether %s (%s) blinds rolewatch is not said", a, a.Level)
			}
		}
	}
	for p, why := range reasons {
		if !used[p] {
			t.Errorf("no action is %s (%s)", p, why)
		}
	}
	if looked < 250 {
		t.Errorf("only %d actions were looked at", looked)
	}
}

// fits reports whether an action is one that a pattern means.
func fits(pattern string, a actions.Action) bool {
	service, name, _ := strings.Cut(pattern, ":")
	return (service == "*" || service == a.Service) && slices.ContainsFunc(actions.Expand(a.Service+":"+name), func(o actions.Action) bool { return o.Name == a.Name })
}
