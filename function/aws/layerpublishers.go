package aws

import (
	"slices"
	"strings"
)

// LayerPublisher is whoever publishes one of AWS's own layers.
type LayerPublisher struct {
	// Names are what the layers' names begin with.
	Names []string
	// Usual is the account, by partition, in the Regions that every account has and wherever else it is not another one.
	Usual map[string]string
	// Regions are the accounts by Region, one or several with spaces between.
	Regions map[string]string
}

// layerPublishers are those that AWS's guides name. The accounts of the first three by Region are those of the CDK's
// region-info, which is made from the guides.
var layerPublishers = table[[]LayerPublisher]{
	sources: []Source{
		{"https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/region-info/build-tools/fact-tables.ts", "2026-11-23"},
		{"https://aws-otel.github.io/docs/getting-started/lambda", "2026-11-23"},
		{"https://docs.aws.amazon.com/powertools/", "2026-11-23"},
		{"https://aws-sdk-pandas.readthedocs.io/en/stable/layers.html", "2026-11-23"},
		{"https://github.com/aws/aws-lambda-web-adapter", "2026-11-23"},
		{"https://docs.aws.amazon.com/codeguru/latest/profiler-ug/python-lambda-layers.html", "2026-11-28"},
	},
	rows: []LayerPublisher{
		{
			Names: []string{"LambdaInsightsExtension"}, Usual: map[string]string{"aws": "580247275435"},
			Regions: map[string]string{
				"af-south-1": "012438385374", "ap-east-1": "519774774795", "ap-east-2": "145023102084",
				"ap-northeast-3": "194566237122", "ap-south-2": "891564319516", "ap-southeast-3": "439286490199",
				"ap-southeast-4": "158895979263 605207715842", "ap-southeast-5": "590183865173", "ap-southeast-6": "727646510379",
				"ap-southeast-7": "761018874580", "ca-west-1": "761377655185 946466191631", "cn-north-1": "488211338238",
				"cn-northwest-1": "488211338238", "eu-central-2": "033019950311", "eu-south-1": "339249233099",
				"eu-south-2": "352183217350", "il-central-1": "066549572091 459530977127", "me-central-1": "732604637566",
				"me-south-1": "285320876703", "mx-central-1": "879381266642", "us-gov-east-1": "122132214140 198461476570",
				"us-gov-west-1": "198461476570 751350123760",
			},
		},
		{
			Names: []string{"AWS-AppConfig-Extension"},
			Regions: map[string]string{
				"af-south-1": "574348263942", "ap-east-1": "630222743974", "ap-northeast-1": "980059726660",
				"ap-northeast-2": "826293736237", "ap-northeast-3": "706869817123", "ap-south-1": "554480029851",
				"ap-south-2": "489524808438", "ap-southeast-1": "421114256042", "ap-southeast-2": "080788657173",
				"ap-southeast-3": "418787028745", "ap-southeast-4": "307021474294", "ca-central-1": "039592058896",
				"cn-north-1": "615057806174", "cn-northwest-1": "615084187847", "eu-central-1": "066940009817",
				"eu-central-2": "758369105281", "eu-north-1": "646970417810", "eu-south-1": "203683718741",
				"eu-south-2": "586093569114", "eu-west-1": "434848589818", "eu-west-2": "282860088358",
				"eu-west-3": "493207061005", "me-central-1": "662846165436", "me-south-1": "559955524753",
				"sa-east-1": "000010852771", "us-east-1": "027255383542", "us-east-2": "728743619870",
				"us-gov-east-1": "946561847325", "us-gov-west-1": "946746059096", "us-west-1": "958113053741",
				"us-west-2": "359756378197",
			},
		},
		{
			Names: []string{"AWS-Parameters-and-Secrets-Lambda-Extension"},
			Regions: map[string]string{
				"af-south-1": "317013901791", "ap-east-1": "768336418462", "ap-northeast-1": "133490724326",
				"ap-northeast-2": "738900069198", "ap-northeast-3": "576959938190", "ap-south-1": "176022468876",
				"ap-south-2": "070087711984", "ap-southeast-1": "044395824272", "ap-southeast-2": "665172237481",
				"ap-southeast-3": "490737872127", "ca-central-1": "200266452380", "cn-north-1": "287114880934",
				"cn-northwest-1": "287310001119", "eu-central-1": "187925254637", "eu-central-2": "772501565639",
				"eu-north-1": "427196147048", "eu-south-1": "325218067255", "eu-south-2": "524103009944",
				"eu-west-1": "015030872274", "eu-west-2": "133256977650", "eu-west-3": "780235371811",
				"me-central-1": "858974508948", "me-south-1": "832021897121", "sa-east-1": "933737806257",
				"us-east-1": "177933569100", "us-east-2": "590474943231", "us-gov-east-1": "129776340158",
				"us-gov-west-1": "127562683043", "us-west-1": "997803712105", "us-west-2": "345057560386",
			},
		},
		{
			Names: []string{"AWSOpenTelemetryDistro"}, Usual: map[string]string{"aws": "615299751070"},
			Regions: map[string]string{
				"af-south-1": "904233096616", "ap-east-1": "888577020596", "ap-south-2": "796973505492",
				"ap-southeast-3": "039612877180", "ap-southeast-4": "713881805771", "ap-southeast-5": "152034782359",
				"ap-southeast-7": "980416031188", "ca-west-1": "595944127152", "cn-north-1": "440179912924",
				"cn-northwest-1": "440180067931", "eu-central-2": "156041407956", "eu-south-1": "257394471194",
				"eu-south-2": "490004653786", "il-central-1": "746669239226", "me-central-1": "739275441131",
				"me-south-1": "980921751758", "mx-central-1": "610118373846",
			},
		},
		{Names: []string{"aws-otel-"}, Usual: map[string]string{"aws": "901920570463", "aws-cn": "901920570463"}},
		{Names: []string{"AWSLambdaPowertoolsPython"}, Usual: map[string]string{"aws": "017000801446"}},
		{Names: []string{"AWSLambdaPowertoolsTypeScript"}, Usual: map[string]string{"aws": "094274105915"}, Regions: map[string]string{"cn-north-1": "498634801083"}},
		{
			Names: []string{"AWSSDKPandas-", "AWSDataWrangler-"}, Usual: map[string]string{"aws": "336392948345"},
			Regions: map[string]string{"ap-east-1": "336392948345 839552336658"},
		},
		{
			Names: []string{"LambdaAdapterLayer"}, Usual: map[string]string{"aws": "753240598075"},
			Regions: map[string]string{"cn-north-1": "041581134020", "cn-northwest-1": "069767869989"},
		},
		{Names: []string{"AWSCodeGuruProfilerPythonAgentLambdaLayer"}, Usual: map[string]string{"aws": "157417159150"}},
	},
}

// LayerPublishers are those of AWS's own layers.
func LayerPublishers() []LayerPublisher { return slices.Clone(layerPublishers.rows) }

// Accounts are the accounts that a Region's layers are known to come from.
func (p LayerPublisher) Accounts(region string) []string { return strings.Fields(p.Regions[region]) }
