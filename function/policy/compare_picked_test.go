package policy

// pickedPairs are pairs of which each action has another shape of resource, or another treatment.
func pickedPairs() map[string][2]sketchedSet {
	identity := func(list ...sketch) sketchedSet {
		return sketchedSet{{place: "identity", version: "2012-10-17", statements: list}}
	}
	allow := func(actions, resources []string, conditions ...sketchedCondition) sketch {
		return sketch{effect: "Allow", actions: actions, resources: resources, conditions: conditions}
	}
	deny := func(actions, resources []string) sketch {
		return sketch{effect: "Deny", actions: actions, resources: resources}
	}
	return map[string][2]sketchedSet{
		"a Deny that only objects run into": {
			identity(allow([]string{"s3:GetObject", "s3:Delete*"}, []string{"arn:aws:s3:::rep/*"}), deny([]string{"*"}, []string{"arn:aws:s3:::*/private/*"})),
			identity(allow([]string{"s3:GetObject", "s3:Delete*"}, []string{"arn:aws:s3:::rep/*"})),
		},
		"buckets and objects": {
			identity(allow([]string{"s3:ListBucket", "s3:GetObject"}, []string{"arn:aws:s3:::rep"})),
			identity(allow([]string{"s3:ListBucket", "s3:GetObject"}, []string{"arn:aws:s3:::rep", "arn:aws:s3:::rep/*"})),
		},
		"tables and indexes": {
			identity(allow([]string{"dynamodb:Query", "dynamodb:GetItem", "dynamodb:ListTables"}, []string{"arn:aws:dynamodb:*:*:table/t"})),
			identity(allow([]string{"dynamodb:Query", "dynamodb:GetItem", "dynamodb:ListTables"}, []string{"arn:aws:dynamodb:*:*:table/t", "arn:aws:dynamodb:*:*:table/t/index/*"})),
		},
		"reading and writing in IAM": {
			identity(allow([]string{"iam:GetRole", "iam:UpdateRole"}, []string{"arn:aws:iam::*:role/x*"})),
			identity(allow([]string{"iam:GetRole", "iam:UpdateRole"}, []string{"arn:aws:iam::*:role/*"})),
		},
		"keys and aliases": {
			identity(allow([]string{"kms:CreateAlias", "kms:DescribeKey"}, []string{"arn:aws:kms:*:*:key/*"})),
			identity(allow([]string{"kms:CreateAlias", "kms:DescribeKey"}, []string{"arn:aws:kms:*:*:*"})),
		},
		"the caller's own account": {
			identity(allow([]string{"s3:GetObject", "sqs:SendMessage"}, []string{"*"}, sketchedCondition{"StringEquals", "aws:ResourceAccount", []string{"${aws:PrincipalAccount}"}})),
			identity(allow([]string{"s3:GetObject", "sqs:SendMessage"}, []string{"*"})),
		},
	}
}
