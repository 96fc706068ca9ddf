package danger

import "github.com/rolewatch/rolewatch/function/policy/actions"

// The actions of these lists are one service a line. What each does is in the Service Authorization Reference:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html

// dataActions read what customers keep: objects, rows, messages, logs, code, parameters, people's names.
var dataActions = actions.Set(`
aoss: APIAccessAll DashboardsAccessAll
appsync: GetDataSource GetFunction
athena: GetQueryExecution GetQueryResults GetQueryResultsStream
cassandra: Select
chatbot: DescribeSlackChannels DescribeSlackUserIdentities ListMicrosoftTeamsConfiguredTeams ListMicrosoftTeamsUserIdentities
chime: GetAttendee GetChannelMessage GetMeeting GetMeetingDetail GetRoom GetUser GetUserActivityReportData GetUserByEmail
chime: GetUserSettings ListAttendees ListMeetingEvents ListMeetings ListUsers
cleanrooms: GetProtectedQuery
cloudformation: GetTemplate
cloudfront: GetFunction
cloudtrail: GetQueryResults LookupEvents
codeartifact: GetPackageVersionAsset GetPackageVersionReadme ReadFromRepository
codebuild: BatchGetReportGroups BatchGetReports
codecommit: BatchGetCommits BatchGetPullRequests BatchGetRepositories DescribeMergeConflicts DescribePullRequestEvents
codecommit: GetApprovalRuleTemplate GetBlob GetBranch GetComment GetCommentReactions GetCommentsForComparedCommit
codecommit: GetCommentsForPullRequest GetCommit GetCommitHistory GetCommitsFromMergeBase GetDifferences GetFile GetFolder
codecommit: GetMergeCommit GetMergeConflicts GetMergeOptions GetObjectIdentifier GetPullRequest GetPullRequestApprovalStates
codecommit: GetPullRequestOverrideState GetReferences GetTree GitPull
codeguru-profiler: GetRecommendations
codeguru-reviewer: DescribeCodeReview DescribeRecommendationFeedback
codepipeline: GetPipelineExecution
cognito-identity: LookupDeveloperIdentity
cognito-idp: AdminGetDevice AdminGetUser AdminListDevices AdminListGroupsForUser AdminListUserAuthEvents GetDevice GetGroup
cognito-idp: GetUser ListDevices ListGroups ListUsers
cognito-sync: ListRecords QueryRecords
connect: ListUsers
datapipeline: QueryObjects
dax: BatchGetItem GetItem Query Scan
dynamodb: BatchGetItem ExportTableToPointInTime GetItem GetRecords PartiQLSelect Query Scan
ebs: GetSnapshotBlock
ecr: GetDownloadUrlForLayer
es: ESHttpGet ESHttpHead ESHttpPost
glacier: GetJobOutput
healthlake: ReadResource SearchWithGet SearchWithPost
kafka-cluster: ReadData
kendra: Query
kinesis: GetRecords SubscribeToShard
kinesisvideo: GetImages GetMedia
lambda: GetFunction GetLayerVersion
lightsail: GetContainerImages
logs: FilterLogEvents GetLogEvents GetLogRecord GetQueryResults StartQuery Unmask
macie2: GetFindings
mediastore: GetObject
neptune-db: ReadDataViaQuery
qldb: GetBlock PartiQLSelect
rds-data: BatchExecuteStatement ExecuteStatement
rds: DownloadCompleteDBLogFile DownloadDBLogFilePortion
redshift-data: GetStatementResult
robomaker: GetWorldTemplateBody
s3-object-lambda: GetObject GetObjectVersion ListBucket
s3: GetObject GetObjectVersion
s3express: CreateSession
sagemaker: Search
sdb: Select
serverlessrepo: GetApplication GetCloudFormationTemplate
sqs: ReceiveMessage
ssm: GetDocument GetParameter GetParameterHistory GetParameters GetParametersByPath
sso-directory: DescribeGroup DescribeUser SearchGroups SearchUsers
sso: SearchGroups SearchUsers
support: DescribeAttachment DescribeCommunications
timestream: Select
wafv2: GetSampledRequests
workdocs: GetDocument GetDocumentPath GetDocumentVersion
workmail: ListGroupMembers ListGroups ListUsers
`)

// usualActions are writes that functions need and whose resources are rarely named: AWS managed policies for execution roles allow
// them on every resource, or EC2 requires it. They also delete a message that was read, or create a role for AWS alone.
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
var usualActions = actions.Set(`
cloudwatch: PutMetricData
ec2: AssignPrivateIpAddresses CreateNetworkInterface DeleteNetworkInterface UnassignPrivateIpAddresses
iam: CreateServiceLinkedRole
lambda: CheckpointDurableExecution
logs: CreateLogGroup CreateLogStream PutLogEvents
s3-object-lambda: WriteGetObjectResponse
sqs: ChangeMessageVisibility DeleteMessage
`)

// toldElsewhere are the actions that RW304 and RW305 report.
var toldElsewhere = actions.Set(`
iam: PassRole
sts: AssumeRole
`)

// sparedCredentials are actions whose names suggest that they return credentials, and which are not reported: a token that is worth
// nothing without permissions of its own and has no resource to name, credentials for what was granted to the role by name, a token
// that is not a credential, what returns secrets with another permission alone, and what a session of a role cannot call. Others return none
// by the API reference: a session's state, where a code was sent, public keys
// (https://docs.aws.amazon.com/connect/latest/adminguide/encrypt-data.html), key pairs without their private keys, IDs of access
// keys (https://docs.aws.amazon.com/lightsail/2016-11-28/api-reference/API_GetBucketAccessKeys.html), and an environment on a
// machine that the caller reaches anyway.
var sparedCredentials = actions.Set(`
athena: GetSession
cloud9: CreateEnvironmentSSH
cognito-idp: GetUserAttributeVerificationCode
connect: ListSecurityKeys
ecr: GetAuthorizationToken
ecr-public: GetAuthorizationToken
lightsail: GetBucketAccessKeys GetKeyPair GetKeyPairs
s3: GetDataAccess
secretsmanager: BatchGetSecretValue
sts: AssumeRoleWithSAML AssumeRoleWithWebIdentity GetFederationToken GetSessionToken
waf: GetChangeToken
waf-regional: GetChangeToken
`)
