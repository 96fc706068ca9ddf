package aws

// authorizedAs are calls of an API that are authorized as an action of another name.
var authorizedAs = table[map[string]string]{
	sources: []Source{
		{"https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html", "2026-11-29"},
		{"https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html", "2026-11-29"},
	},
	rows: map[string]string{
		"lambda:Invoke": "lambda:InvokeFunction", "s3:HeadBucket": "s3:ListBucket", "s3:ListObjects": "s3:ListBucket", "s3:ListObjectsV2": "s3:ListBucket",
	},
}
