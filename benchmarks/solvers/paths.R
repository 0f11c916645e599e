# A path (or a cross-validation) of an R package: data and answers are files of numbers in a folder.
words <- commandArgs(trailingOnly = TRUE)
folder <- words[1]; package <- words[2]; loss <- words[3]; penalty <- words[4]
tol <- as.numeric(words[5]); intercept <- words[6] == "1"
l1_ratio <- as.numeric(words[7]); gamma <- as.numeric(words[8]); group_size <- as.integer(words[9])

here <- function(name) file.path(folder, name)
numbers <- function(name, what = "double", size = 8) readBin(here(name), what, file.size(here(name)) / size, size = size)
answer <- function(name, values) writeBin(as.double(values), here(name))

suppressPackageStartupMessages({ library(package, character.only = TRUE); library(Matrix) })
shape <- numbers("shape", "integer", 4)
if (file.exists(here("p"))) {
  X <- new("dgCMatrix", i = numbers("i", "integer", 4), p = numbers("p", "integer", 4), x = numbers("x"), Dim = shape)
} else {
  X <- matrix(numbers("x"), shape[1], shape[2])
}
y <- numbers("y"); alphas <- numbers("alphas")
if (loss == "cox") { y <- matrix(y, shape[1], 2); colnames(y) <- c("time", "status") }
offset <- if (file.exists(here("offset"))) numbers("offset") else NULL

family <- c(squared_error = "gaussian", log_loss = "binomial", poisson = "poisson", softmax = "multinomial", cox = "cox")[[loss]]
if (loss %in% c("log_loss", "softmax")) y <- factor(y)
options <- list(x = X, y = y, family = family, alpha = l1_ratio, lambda = alphas, standardize = FALSE, thresh = tol, maxit = 1e9)
if (!is.null(offset)) options$offset <- offset
if (loss != "cox") options$intercept <- intercept
if (package == "glmnet") glmnet.control(fdev = 0, devmax = 1)

before <- proc.time(); began <- Sys.time()
if (package == "glmnet" && file.exists(here("folds"))) {
  fit <- do.call(cv.glmnet, c(options, list(foldid = numbers("folds"), type.measure = "mse", grouped = FALSE)))
} else if (package == "glmnet") {
  fit <- do.call(glmnet, options)
} else if (package == "ncvreg") {
  fit <- ncvreg(X, y, penalty = "MCP", gamma = gamma, lambda = alphas, eps = tol, max.iter = 1e7)
} else {
  fit <- grpreg(X, y, rep(seq_len(shape[2] / group_size), each = group_size), penalty = "grLasso", lambda = alphas, eps = tol, max.iter = 1e7)
}
wall <- as.numeric(difftime(Sys.time(), began, units = "secs")); after <- proc.time()

answer("times", c(wall, sum((after - before)[c("user.self", "sys.self")])))
if (inherits(fit, "cv.glmnet")) {
  at <- coef(fit, s = "lambda.min", exact = FALSE)
  answer("errors", fit$cvm); answer("coefs", as.numeric(at)[-1]); answer("intercepts", as.numeric(at)[1])
} else if (loss == "softmax") {
  answer("coefs", unlist(lapply(fit$beta, function(b) as.numeric(as.matrix(b))))); answer("intercepts", t(fit$a0))
} else {
  beta <- if (package == "glmnet") as.matrix(fit$beta) else as.matrix(fit$beta)[-1, ]
  a0 <- if (package == "glmnet") (if (loss == "cox") rep(0, ncol(beta)) else fit$a0) else as.matrix(fit$beta)[1, ]
  answer("coefs", beta); answer("intercepts", a0)
}
