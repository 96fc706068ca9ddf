package exposure

import (
	"slices"
	"strings"
)

// publisher is whoever publishes one of AWS's own layers.
type publisher struct {
	// names are what the layers' names begin with.
	names []string
	// usual is the account, by partition, in the Regions that every account has and wherever else it is not another one.
	usual map[string]string
	// regions are the accounts by Region, one or several.
	regions map[string]string
}

// publishers are those that AWS's guides name. The accounts of the first three by Region are those of the CDK's region-info,
// which is made from the guides; the others are on https://aws-otel.github.io/docs/getting-started/lambda,
// https://docs.aws.amazon.com/powertools/, https://aws-sdk-pandas.readthedocs.io/en/stable/layers.html,
// https://github.com/aws/aws-lambda-web-adapter and in the guide of CodeGuru Profiler.
var publishers = []publisher{
	{
		names: []string{"LambdaInsightsExtension"}, usual: map[string]string{"aws": "580247275435"},
		regions: map[string]string{
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
		names: []string{"AWS-AppConfig-Extension"},
		regions: map[string]string{
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
		names: []string{"AWS-Parameters-and-Secrets-Lambda-Extension"},
		regions: map[string]string{
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
		names: []string{"AWSOpenTelemetryDistro"}, usual: map[string]string{"aws": "615299751070"},
		regions: map[string]string{
			"af-south-1": "904233096616", "ap-east-1": "888577020596", "ap-south-2": "796973505492",
			"ap-southeast-3": "039612877180", "ap-southeast-4": "713881805771", "ap-southeast-5": "152034782359",
			"ap-southeast-7": "980416031188", "ca-west-1": "595944127152", "cn-north-1": "440179912924",
			"cn-northwest-1": "440180067931", "eu-central-2": "156041407956", "eu-south-1": "257394471194",
			"eu-south-2": "490004653786", "il-central-1": "746669239226", "me-central-1": "739275441131",
			"me-south-1": "980921751758", "mx-central-1": "610118373846",
		},
	},
	{names: []string{"aws-otel-"}, usual: map[string]string{"aws": "901920570463", "aws-cn": "901920570463"}},
	{names: []string{"AWSLambdaPowertoolsPython"}, usual: map[string]string{"aws": "017000801446"}},
	{names: []string{"AWSLambdaPowertoolsTypeScript"}, usual: map[string]string{"aws": "094274105915"}, regions: map[string]string{"cn-north-1": "498634801083"}},
	{
		names: []string{"AWSSDKPandas-", "AWSDataWrangler-"}, usual: map[string]string{"aws": "336392948345"},
		regions: map[string]string{"ap-east-1": "336392948345 839552336658"},
	},
	{
		names: []string{"LambdaAdapterLayer"}, usual: map[string]string{"aws": "753240598075"},
		regions: map[string]string{"cn-north-1": "041581134020", "cn-northwest-1": "069767869989"},
	},
	{names: []string{"AWSCodeGuruProfilerPythonAgentLambdaLayer"}, usual: map[string]string{"aws": "157417159150"}},
}

// everywhere are the Regions of the standard partition that every account has from the start.
var everywhere = []string{
	"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
	"ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1",
}

// vendors are accounts that others publish their layers from, as their own guides say, by name. They are no less foreign.
var vendors = map[string]string{
	"464622532012": "Datadog", "002406178527": "Datadog", "451483290750": "New Relic", "410797082306": "Instana", "663229565520": "Sumo Logic",
	"184161586896": "the OpenTelemetry project",
}

// origin is what is known of where a layer comes from.
type origin int

const (
	foreign origin = iota
	ofAWS
	// unclear is a layer that goes by the name of one of AWS's, in a Region of which it is not known from which account AWS
	// publishes it there.
	unclear
	// posing is one that does in a Region of which that is known, and is another account's.
	posing
)

// originOf judges the parts of a layer version's ARN.
func originOf(arn []string) origin {
	partition, region, account, name := arn[1], arn[3], arn[4], arn[6]
	out := foreign
	for _, p := range publishers {
		told := strings.Fields(p.regions[region])
		if account == p.usual[partition] || slices.Contains(told, account) {
			return ofAWS
		}
		if !slices.ContainsFunc(p.names, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			continue
		}
		if out = unclear; len(told) > 0 || p.usual[partition] != "" && slices.Contains(everywhere, region) {
			out = posing
		}
	}
	return out
}
