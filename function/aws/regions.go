package aws

import "regexp"

// regionForm is how AWS names Regions: "eu-central-1", "us-gov-west-1", "eusc-de-east-1". The first word is a short one, so
// that the Region of another cloud, "europe-west-1", is seen for what it is.
var regionForm = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]+$`)

// IsRegion tells whether a text has the form of a Region's name. AWS adds Regions, so that there is no list of them.
func IsRegion(text string) bool { return regionForm.MatchString(text) }

// EdgeRegion is where the functions are that CloudFront replicates:
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html
const EdgeRegion = "us-east-1"
