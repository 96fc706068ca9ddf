package largeaccount

import "fmt"

func (g *generator) function(maker roleMaker, name, arn string, role int) object {
	roleName := fmt.Sprintf("role-%05d", role)
	if g.one(500) {
		roleName = "gone-" + roleName
	}
	f := object{
		"FunctionName": name, "FunctionArn": arn + ":$LATEST", "Version": "$LATEST", "Role": "arn:aws:iam::" + Account + ":role/" + roleName,
		"Runtime": "python3.13", "Handler": "app.handler", "CodeSize": 4096, "Description": "", "Timeout": 30, "MemorySize": 256,
		"LastModified": "2026-03-02T09:00:00.000+0000", "CodeSha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "RevisionId": "00000000-0000-4000-8000-000000000000",
		"TracingConfig": object{"Mode": "PassThrough"}, "PackageType": "Zip", "Architectures": []string{"arm64"}, "EphemeralStorage": object{"Size": 512},
		"SnapStart": object{"ApplyOn": "None", "OptimizationStatus": "Off"}, "LoggingConfig": object{"LogFormat": "Text", "LogGroup": "/aws/lambda/" + name},
		"State": "Active", "LastUpdateStatus": "Successful",
	}
	if g.one(3) {
		f["Environment"] = object{"Variables": object{"STAGE": "", "TABLE": ""}}
	}
	if maker.uses(network, role) {
		f["VpcConfig"] = object{"VpcId": "vpc-0a1b2c3d", "SubnetIds": []string{"subnet-0a1b2c3d", "subnet-4e5f6071"}, "SecurityGroupIds": []string{"sg-0a1b2c3d"}}
	}
	if maker.uses(tracing, role) {
		f["TracingConfig"] = object{"Mode": "Active"}
	}
	return f
}
