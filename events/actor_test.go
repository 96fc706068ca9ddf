package events

import "testing"

func TestActors(t *testing.T) {
	session := object{"sessionIssuer": object{"userName": "deploy", "arn": "arn:aws:iam::111122223333:role/ci/deploy"}}
	tests := []struct {
		name     string
		identity any
		want     Actor
	}{
		{"user", object{"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/team/dana", "userName": "dana"},
			Actor{"IAMUser", "arn:aws:iam::111122223333:user/team/dana", "dana"}},
		{"session", object{"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/deploy/ci-1", "sessionContext": session},
			Actor{"AssumedRole", "arn:aws:sts::111122223333:assumed-role/deploy/ci-1", "deploy/ci-1"}},
		{"session without issuer", object{"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/deploy/ci-1", "sessionContext": nil},
			Actor{"AssumedRole", "arn:aws:sts::111122223333:assumed-role/deploy/ci-1", "deploy/ci-1"}},
		{"session without ARN", object{"type": "AssumedRole", "principalId": "AROAEXAMPLE:ci-1", "sessionContext": session},
			Actor{"AssumedRole", "", "deploy/ci-1"}},
		{"root", object{"type": "Root", "arn": "arn:aws:iam::111122223333:root", "principalId": "111122223333"},
			Actor{"Root", "arn:aws:iam::111122223333:root", "root"}},
		{"service", object{"type": "AWSService", "invokedBy": "lambda.amazonaws.com"},
			Actor{"AWSService", "", "lambda.amazonaws.com"}},
		{"federated user", object{"type": "FederatedUser", "arn": "arn:aws:sts::111122223333:federated-user/bo", "sessionContext": object{"sessionIssuer": object{"userName": "dana"}}},
			Actor{"FederatedUser", "arn:aws:sts::111122223333:federated-user/bo", "dana/bo"}},
		{"Identity Center", object{"type": "IdentityCenterUser", "accountId": "111122223333", "onBehalfOf": object{"userId": "94d8e4b8-user"}},
			Actor{"IdentityCenterUser", "", "94d8e4b8-user"}},
		{"SAML", object{"type": "SAMLUser", "principalId": "idp:erin", "userName": "erin@example.com"},
			Actor{"SAMLUser", "", "erin@example.com"}},
		{"another account", object{"type": "AWSAccount", "accountId": "444455556666", "principalId": "AIDAEXAMPLE"},
			Actor{"AWSAccount", "", "AIDAEXAMPLE"}},
		{"missing", nil, Actor{"Unknown", "", ""}},
	}
	for _, tt := range tests {
		body := edited(t, "iam.DeleteRole", func(r object) { r["userIdentity"] = tt.identity })
		if got := parse(t, body).Actor; got != tt.want {
			t.Errorf("%s is %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func TestVia(t *testing.T) {
	role := func(name string) object {
		return object{"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/" + name + "/s",
			"invokedBy": "cloudformation.amazonaws.com", "sessionContext": object{"sessionIssuer": object{"userName": name}}}
	}
	const browser = "Mozilla/5.0 (X11; Linux x86_64)"
	tests := []struct {
		record object
		want   Via
	}{
		{object{"userAgent": "APN/1.0 HashiCorp/1.0 Terraform/1.1.2 terraform-provider-aws/3.76.1 aws-sdk-go/1.44"}, ViaTerraform},
		{object{"userAgent": "terraform-provider-aws/6.0.0 aws-sdk-go-v2/1.30"}, ViaTerraform},
		{object{"userIdentity": role("stacks"), "userAgent": "anything"}, ViaCloudFormation},
		{object{"userAgent": "cloudformation.amazonaws.com"}, ViaCloudFormation},
		{object{"sourceIPAddress": "cloudformation.amazonaws.com", "userAgent": ""}, ViaCloudFormation},
		{object{"userIdentity": role("cdk-hnb659fds-cfn-exec-role-111122223333-eu-west-1")}, ViaCDK},
		{object{"userAgent": "aws-sdk-js/3.0 app/aws-cdk"}, ViaCDK},
		{object{"userAgent": "console.amazonaws.com"}, ViaConsole},
		{object{"userAgent": "signin.amazonaws.com"}, ViaConsole},
		{object{"userAgent": "AWS Internal"}, ViaConsole},
		{object{"userAgent": "AWS Internal", "userIdentity": object{"type": "AWSService"}}, ViaUnknown},
		{object{"userAgent": "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12]"}, ViaConsole},
		{object{"userAgent": browser, "sessionCredentialFromConsole": "true"}, ViaConsole},
		{object{"userAgent": browser, "sessionCredentialFromConsole": true}, ViaConsole},
		{object{"userAgent": browser, "sessionCredentialFromConsole": "false"}, ViaUnknown},
		{object{"userAgent": browser}, ViaUnknown},
		{object{"userAgent": "aws-cli/2.17.32 md/awscrt#0.21.2", "sessionCredentialFromConsole": "true"}, ViaCLI},
		{object{"userAgent": "aws-sdk-go-v2/1.18.0 os/linux"}, ViaSDK},
		{object{"userAgent": "Boto3/1.26.36 Python/3.10.6 Botocore/1.29.36"}, ViaSDK},
		{object{"userAgent": "curl/8.0"}, ViaUnknown},
		{object{"userAgent": "curl/8.0", "userIdentity": object{"invokedBy": "signin.amazonaws.com"}}, ViaConsole},
		{object{"userAgent": "curl/8.0", "userIdentity": object{"invokedBy": "lambda.amazonaws.com"}}, ViaUnknown},
		{object{"userAgent": "aws-cli/2.17.32", "userIdentity": object{"invokedBy": "signin.amazonaws.com"}}, ViaCLI},
		{object{"userAgent": "aws-sdk-go-v2/1.18.0 os/linux", "sessionCredentialFromConsole": "true"}, ViaConsole},
		{object{"userAgent": "console.amazonaws.com", "userIdentity": object{"type": "AWSService"}}, ViaConsole},
		{object{"userAgent": nil}, ViaUnknown},
	}
	for _, tt := range tests {
		body := edited(t, "iam.DeleteRole", func(r object) {
			r["userIdentity"] = nil
			for name, value := range tt.record {
				r[name] = value
			}
		})
		if got := parse(t, body).Via; got != tt.want {
			t.Errorf("%v is via %s, want %s", tt.record, got, tt.want)
		}
	}
}
