package events

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

// askedBy is what a refused call asked for, as JSON without what it leaves as it is; "null" where its record does not tell.
func askedBy(t *testing.T, call, parameters string) string {
	t.Helper()
	body := edited(t, "lambda.CreateFunction.cannotAssume", func(r object) {
		r["eventName"], r["requestParameters"] = call, jsontext.Value(parameters)
	})
	text, err := json.Marshal(parse(t, body).Asked, json.OmitZeroStructFields(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type asking struct{ call, parameters, want string }

func holdAsked(t *testing.T, tests []asking) {
	t.Helper()
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, askedBy(t, tt.call, tt.parameters)); diff != "" {
			t.Errorf("%s of %s (-want +got):\n%s", tt.call, tt.parameters, diff)
		}
	}
}

// A call that makes a function gives each member of a parameter that it does not name its default. An update does not say what becomes
// of such a member, and the parameter is unread.
func TestWhatARefusedCallAskedOfAFunction(t *testing.T) {
	const create, update = "CreateFunction20150331", "UpdateFunctionConfiguration20150331v2"
	holdAsked(t, []asking{
		{create, `{"functionName":"orders"}`, `{}`},
		{create, `{"loggingConfig":{"logGroup":"/shop"},"tracingConfig":{"mode":"Active"},"snapStart":{"applyOn":"None"},"packageType":"Image","memorySize":1,"durableConfig":{}}`,
			`{"LogGroup":"/shop","TracingMode":"Active","SnapStart":"None","PackageType":"Image","Durable":true,"Memory":1}`},
		{create, `{"loggingConfig":{},"deadLetterConfig":{},"tracingConfig":{},"snapStart":{},"vpcConfig":{}}`,
			`{"LogGroup":"","DeadLetter":"","TracingMode":"","SnapStart":"","VPC":{}}`},
		{update, `{"loggingConfig":{},"deadLetterConfig":{},"tracingConfig":{},"snapStart":{},"vpcConfig":{}}`,
			`{"Unread":["deadLetterConfig","loggingConfig","snapStart","tracingConfig","vpcConfig"]}`},
		{update, `{"loggingConfig":null,"deadLetterConfig":null,"vpcConfig":null,"layers":null,"memorySize":null}`, `{}`},
		{update, `{"loggingConfig":{"logGroup":"/shop"},"deadLetterConfig":{"targetArn":""},"tracingConfig":{"mode":"PassThrough"},"snapStart":{"applyOn":"PublishedVersions"}}`,
			`{"LogGroup":"/shop","DeadLetter":"","TracingMode":"PassThrough","SnapStart":"PublishedVersions"}`},
		{update, `{"loggingConfig":{"logGroup":""},"deadLetterConfig":{"targetArn":"dead"},"tracingConfig":{"mode":"active"},"snapStart":{"applyOn":"All"},"packageType":"Jar","memorySize":0}`,
			`{"Unread":["deadLetterConfig","loggingConfig","memorySize","packageType","snapStart","tracingConfig"]}`},
		{update, `{"deadLetterConfig":{"targetArn":"arn:aws:sqs:us-east-1:111122223333:dead"},"layers":["arn:aws:lambda:us-east-1:111122223333:layer:l:1"],"kMSKeyArn":""}`,
			`{"DeadLetter":"arn:aws:sqs:us-east-1:111122223333:dead","Layers":["arn:aws:lambda:us-east-1:111122223333:layer:l:1"],"KMSKeyARN":""}`},
		{update, `{"layers":["l:1"],"kmsKeyArn":"alias/k","fileSystemConfigs":[{"arn":"fs-1"}],"role":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, `{"Unread":["fileSystemConfigs","kmsKeyArn","layers","role"]}`},
		{update, `{"fileSystemConfigs":[{"arn":"arn:aws:s3files:a:1:b","localMountPath":"/mnt/a","s3FilesConfig":{"directS3Read":"ENABLED"}}],"layers":[]}`,
			`{"Layers":[],"Mounts":[{"ARN":"arn:aws:s3files:a:1:b","Path":"/mnt/a","DirectRead":"ENABLED"}]}`},
	})
}

// Lambda takes subnets with security groups, or neither: an update with two empty lists removes the function from its VPC.
func TestWhatARefusedCallAskedOfAVPC(t *testing.T) {
	const update = "UpdateFunctionConfiguration20150331v2"
	holdAsked(t, []asking{
		{update, `{"vpcConfig":{"subnetIds":["subnet-1","subnet-2"],"securityGroupIds":["sg-1"]}}`, `{"VPC":{"Subnets":["subnet-1","subnet-2"],"SecurityGroups":["sg-1"]}}`},
		{update, `{"vpcConfig":{"subnetIds":[],"securityGroupIds":[]}}`, `{"VPC":{"Subnets":[],"SecurityGroups":[]}}`},
		{update, `{"vpcConfig":{"subnetIds":[]}}`, `{"VPC":{"Subnets":[]}}`},
		{update, `{"vpcConfig":{"securityGroupIds":[]}}`, `{"VPC":{"SecurityGroups":[]}}`},
		{update, `{"vpcConfig":{"subnetIds":["subnet-1"]}}`, `{"Unread":["vpcConfig"]}`},
		{update, `{"vpcConfig":{"securityGroupIds":["sg-1"]}}`, `{"Unread":["vpcConfig"]}`},
		{update, `{"vpcConfig":{"subnetIds":["subnet-1","x"],"securityGroupIds":["sg-1"]}}`, `{"Unread":["vpcConfig"]}`},
		{update, `{"vpcConfig":{"subnetIds":["subnet-1"],"securityGroupIds":["sg-1","x"]}}`, `{"Unread":["vpcConfig"]}`},
		{update, `{"vpcConfig":{"subnetIds":["subnet-1","HIDDEN_DUE_TO_SECURITY_REASONS"],"securityGroupIds":["sg-1"]}}`, `{"Unread":["vpcConfig"]}`},
	})
}

// A mapping that is made is enabled unless the call says otherwise; an update leaves the state as it is where it does not name it.
func TestWhatARefusedCallAskedOfAMapping(t *testing.T) {
	const create, update = "CreateEventSourceMapping20150331", "UpdateEventSourceMapping20150331"
	const queue, secret = "arn:aws:sqs:us-east-1:111122223333:q", "arn:aws:secretsmanager:us-east-1:111122223333:secret:s"
	access := func(kind, uri string) string {
		return `{"sourceAccessConfigurations":[{"type":"` + kind + `"` + uri + `}]}`
	}
	unread := `{"Mapping":{},"Unread":["sourceAccessConfigurations"]}`
	holdAsked(t, []asking{
		{create, `{"eventSourceArn":"` + queue + `"}`, `{"Mapping":{"SourceARN":"` + queue + `","State":"Enabled"}}`},
		{create, `{"eventSourceArn":"` + queue + `","enabled":false,"kMSKeyArn":""}`, `{"Mapping":{"SourceARN":"` + queue + `","State":"Disabled"}}`},
		{create, `{}`, `{"Mapping":{"State":"Enabled"},"Unread":["eventSourceArn"]}`},
		{create, `{"eventSourceArn":"q"}`, `{"Mapping":{"State":"Enabled"},"Unread":["eventSourceArn"]}`},
		{create, `{"selfManagedEventSource":{},"topics":["orders"],"selfManagedKafkaEventSourceConfig":{"consumerGroupId":"g"}}`,
			`{"Mapping":{"State":"Enabled","ConsumerGroup":"g","Topics":["orders"]}}`},
		{update, `{"uuid":"1"}`, `{"Mapping":{"ID":"1"}}`},
		{update, `{"uUID":"1","enabled":true}`, `{"Mapping":{"ID":"1","State":"Enabled"}}`},
		{update, `{"uUID":"","topics":[""],"queues":["q"],"kMSKeyArn":"k"}`, `{"Mapping":{"Topics":["q"]},"Unread":["kMSKeyArn","topics","uUID"]}`},
		{update, `{"amazonManagedKafkaEventSourceConfig":{}}`, `{"Mapping":{},"Unread":["amazonManagedKafkaEventSourceConfig"]}`},
		{update, `{"amazonManagedKafkaEventSourceConfig":{"consumerGroupId":"g","schemaRegistryConfig":{"schemaRegistryURI":"r","accessConfigs":[{"type":"BASIC_AUTH","uRI":"s"}]}}}`,
			`{"Mapping":{},"Unread":["amazonManagedKafkaEventSourceConfig"]}`},
		{update, `{"amazonManagedKafkaEventSourceConfig":{"consumerGroupId":"g","schemaRegistryConfig":{"schemaRegistryUri":"r","accessConfigs":[{"type":"BASIC_AUTH","uRI":"` + secret + `"}]}}}`,
			`{"Mapping":{"ConsumerGroup":"g","Registry":"r","RegistryAccess":[["BASIC_AUTH","` + secret + `"]]}}`},
		// A secret is named by its ARN, a subnet by its ID, and a virtual host by any text or none.
		{update, access("BASIC_AUTH", `,"uRI":"`+secret+`"`), `{"Mapping":{"Access":[["BASIC_AUTH","` + secret + `"]]}}`},
		{update, access("VPC_SUBNET", `,"uri":"subnet:subnet-1"`), `{"Mapping":{"Access":[["VPC_SUBNET","subnet:subnet-1"]]}}`},
		{update, access("VIRTUAL_HOST", `,"uRI":"/"`), `{"Mapping":{"Access":[["VIRTUAL_HOST","/"]]}}`},
		{update, access("IAM_AUTH", ``), `{"Mapping":{"Access":[["IAM_AUTH",""]]}}`},
		{update, access("BASIC_AUTH", `,"uRI":"orders"`), unread},
		{update, access("BASIC_AUTH", ``), unread},
		{update, access("VPC_SUBNET", `,"uRI":"subnet-1"`), unread},
		{update, access("KERBEROS", `,"uRI":"`+secret+`"`), unread},
	})
}

// Put replaces both destinations. An update is clear where it names both of them or none.
func TestWhatARefusedCallAskedOfDestinations(t *testing.T) {
	const put, update = "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig"
	const queue = "arn:aws:sqs:us-east-1:111122223333:q"
	unread := `{"Unread":["destinationConfig"]}`
	holdAsked(t, []asking{
		{put, `{}`, `{"OnSuccess":"","OnFailure":""}`},
		{put, `{"destinationConfig":{"onFailure":{"destination":"` + queue + `"}}}`, `{"OnSuccess":"","OnFailure":"` + queue + `"}`},
		{update, `{}`, `{}`},
		{update, `{"destinationConfig":{"onSuccess":{"destination":""},"onFailure":{"destination":"` + queue + `"}}}`, `{"OnSuccess":"","OnFailure":"` + queue + `"}`},
		{update, `{"destinationConfig":{"onSuccess":{"destination":"` + queue + `"}}}`, unread},
		{update, `{"destinationConfig":{"onFailure":{"destination":"` + queue + `"}}}`, unread},
		{update, `{"destinationConfig":{"onSuccess":{"destination":"` + queue + `"},"onFailure":{"destination":"q"}}}`, unread},
		{update, `{"destinationConfig":{"onSuccess":{"destination":"q"},"onFailure":{"destination":"` + queue + `"}}}`, unread},
		{"UpdateEventSourceMapping20150331", `{"destinationConfig":{"onFailure":{"destination":"kafka://dead"}}}`, `{"Mapping":{"OnFailure":"kafka://dead"}}`},
		{"UpdateEventSourceMapping20150331", `{"destinationConfig":{"onFailure":{"destination":"dead"}}}`, `{"Mapping":{},"Unread":["destinationConfig"]}`},
	})
}

// Parameters that CloudTrail leaves out tell nothing, and a hidden name says nothing about which function was meant.
func TestWhatARefusedCallAskedIsUnknownWithoutItsParameters(t *testing.T) {
	holdAsked(t, []asking{
		{"CreateFunction20150331", `null`, `null`},
		{"CreateFunction20150331", `{"omitted":true,"reason":"too large","memorySize":128}`, `null`},
		{"CreateFunction20150331", `{"functionName":"HIDDEN_DUE_TO_SECURITY_REASONS","memorySize":128}`, `{"Memory":128,"Unread":["functionName"]}`},
		{"AddPermission20150331v2", `{"functionName":"orders","qualifier":"HIDDEN_DUE_TO_SECURITY_REASONS"}`, `{"Unread":["qualifier"]}`},
	})
}
